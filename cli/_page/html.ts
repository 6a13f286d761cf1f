export const PAGE_HTML = "";
export const PAGE_ICON = "";
