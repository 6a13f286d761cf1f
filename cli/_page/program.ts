export function pageProgram(): string {
  return "";
}
