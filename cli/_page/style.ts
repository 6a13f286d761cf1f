/**
 * How the page looks.
 *
 * @module
 */

const DARK = `
  color-scheme: dark;
  --back: #0f1216; --panel: #171b21; --edge: #272d36; --ink: #e7eaee; --soft: #98a2ae;
  --accent: #6aa9f5; --accent-soft: #6aa9f524; --track: #232932;
  --light: #33597f; --moderate: #4380bd; --busy: #6aa9f5; --hot: #ff8a5c; --hot-dark: #d9602f;
  --good: #56c288; --bad: #ff7b72; --bad-back: #3a1d1d;
`;
const LIGHT = `
  color-scheme: light;
  --back: #f5f6f8; --panel: #ffffff; --edge: #dfe3e8; --ink: #1a1f26; --soft: #5a6572;
  --accent: #1763c6; --accent-soft: #1763c616; --track: #e9ecf0;
  --light: #bcd5f2; --moderate: #7fb0e6; --busy: #2f7bd0; --hot: #d4501e; --hot-dark: #9e3509;
  --good: #1a7f4b; --bad: #b3261e; --bad-back: #fdeceb;
`;

/** The style sheet. */
export const PAGE_STYLE: string = `
:root { ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
:root[data-theme="light"] { ${LIGHT} }
:root[data-theme="dark"] { ${DARK} }

* { box-sizing: border-box; }
[hidden] { display: none !important; }
body {
  margin: 0 auto; max-width: 1560px; padding: 0 24px 48px; background: var(--back); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums; -webkit-font-smoothing: antialiased;
}
h1, h2, h3, p, ul, dl { margin: 0; }
ul { padding: 0; list-style: none; }
h1 { font-size: 22px; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { font-size: 14px; font-weight: 650; }
h3 { font-size: 12px; font-weight: 500; color: var(--soft); }
button, input, select {
  font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--edge);
  border-radius: 6px; padding: 4px 10px;
}
button { cursor: pointer; }
button:hover { border-color: var(--soft); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
kbd, code { font: 12px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
kbd { color: var(--soft); border: 1px solid var(--edge); border-radius: 4px; padding: 0 4px; }
.hidden-text {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
.skip { position: absolute; left: -999px; padding: 8px; background: var(--panel); }
.skip:focus { left: 8px; top: 8px; z-index: 9; }

.top {
  display: flex; flex-wrap: wrap; gap: 8px 24px; justify-content: space-between;
  align-items: flex-start; padding: 22px 0 16px;
}
#facts { color: var(--soft); }
.tools { display: flex; gap: 16px; align-items: center; }
.connection { display: flex; gap: 7px; align-items: center; color: var(--soft); }
.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--soft); }
[data-connection="live"] .dot { background: var(--good); }
[data-connection="lost"] .dot { background: var(--panel); border: 2px solid var(--bad); }
[data-connection="lost"] .connection { color: var(--bad); font-weight: 600; }
[data-connection="lost"] main { opacity: 0.8; filter: grayscale(0.7); }
#lost, .notice {
  margin-bottom: 16px; padding: 10px 14px; border: 1px solid var(--bad); border-radius: 8px;
  background: var(--bad-back); color: var(--bad);
}
.tag {
  display: inline-block; padding: 0 7px; border: 1px solid var(--edge); border-radius: 999px;
  font-size: 12px; font-weight: 500; line-height: 18px; color: var(--soft); letter-spacing: 0;
  vertical-align: 3px;
}
.tag:empty { display: none; }
#stream-status[data-state="ACTIVE"] { color: var(--good); border-color: currentColor; }
#stream-status[data-state="UPDATING"], #stream-status[data-state="CREATING"],
#stream-status[data-state="DELETING"] { color: var(--hot); border-color: currentColor; }

main { display: grid; gap: 16px; transition: opacity 0.3s; }
main > *, .columns > * { min-width: 0; }
.panel {
  background: var(--panel); border: 1px solid var(--edge); border-radius: 10px; padding: 16px 18px;
}
.head { display: flex; flex-wrap: wrap; gap: 6px 14px; align-items: baseline; margin-bottom: 14px; }
.head > p { color: var(--soft); }
.empty { color: var(--soft); }
.loading .empty, .loading #strip-hint { opacity: 0.7; }

.charts { display: grid; gap: 12px; grid-template-columns: repeat(6, minmax(0, 1fr)); }
.chart {
  background: var(--panel); border: 1px solid var(--edge); border-radius: 10px;
  padding: 12px 14px 9px; min-width: 0;
}
.chart h3 { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.value { margin: 1px 0 8px; font-size: 13px; color: var(--soft); white-space: nowrap; }
.number { font-size: 24px; line-height: 1.2; font-weight: 600; letter-spacing: -0.02em; color: var(--ink); }
.plot svg { display: block; width: 100%; height: 44px; border-bottom: 1px solid var(--edge); }
.line {
  fill: none; stroke: var(--accent); stroke-width: 1.5; stroke-linejoin: round;
  vector-effect: non-scaling-stroke;
}
.area { fill: var(--accent-soft); }
.mark { stroke: var(--soft); stroke-width: 1; vector-effect: non-scaling-stroke; }
.foot {
  display: flex; justify-content: space-between; gap: 8px; padding-top: 5px; font-size: 12px;
  color: var(--soft); white-space: nowrap; overflow: hidden;
}
.missing { display: none; font-size: 12px; color: var(--soft); padding-top: 5px; }
.chart[data-empty] .foot { display: none; }
.chart[data-empty] .missing { display: block; }
.chart[data-empty] .number { color: var(--soft); font-weight: 400; }

.legend { display: flex; flex-wrap: wrap; gap: 2px 14px; margin-left: auto; font-size: 12px; color: var(--soft); }
.legend li { display: flex; align-items: center; gap: 6px; }
.legend li::before { content: ""; width: 12px; height: 12px; border-radius: 2px; background: var(--fill); }
[data-load="light"], [data-load="idle"] { --fill: var(--light); }
[data-load="moderate"] { --fill: var(--moderate); }
[data-load="busy"] { --fill: var(--busy); }
[data-load="hot"] {
  --fill: repeating-linear-gradient(135deg, var(--hot) 0 4px, var(--hot-dark) 4px 7px);
}
.row { display: grid; grid-template-columns: 104px minmax(0, 1fr); align-items: center; }
.when { font-size: 12px; color: var(--soft); }
#strip { position: relative; height: 112px; border-radius: 6px; background: var(--track); overflow: hidden; }
#strip::before { content: "limit"; position: absolute; z-index: 1; inset: 42px 0 auto; border-top: 1px dashed var(--soft); opacity: 0.55; font-size: 11px; line-height: 13px; padding-left: 4px; color: var(--soft); pointer-events: none; }
.loading #strip { animation: wait 1.6s ease-in-out infinite alternate; }
@keyframes wait { from { opacity: 0.5; } to { opacity: 1; } }
.segment {
  position: absolute; inset-block: 0; cursor: pointer; container-type: inline-size;
  border-right: 1px solid var(--panel); border-left: 1px solid var(--panel); background: var(--track);
  overflow: hidden;
}
[data-count="many"] .segment { border-left-width: 0; }
[data-count="packed"] .segment { border-width: 0; }
[data-count="packed"] .segment[data-load="hot"] { z-index: 1; min-width: 3px; }
.fill {
  position: absolute; inset: auto 0 0; height: calc(var(--load) * 70px); min-height: 2px;
  background: var(--fill, var(--edge)); transition: height 0.6s ease;
}
.segment:hover { filter: brightness(1.08); }
.segment[aria-selected="true"]::after {
  content: ""; position: absolute; inset: 0; border: 2px solid var(--ink); border-radius: 2px;
}
#strip:focus-visible .active { z-index: 2; outline: 2px solid var(--accent); outline-offset: -2px; box-shadow: inset 0 0 0 4px var(--panel); }
.segment .name, .segment .percent { display: none; position: absolute; inset-inline: 0; text-align: center; font-size: 12px; }
.segment .name { top: 4px; font-weight: 600; }
.segment .percent { top: 21px; color: var(--soft); }
@container (min-width: 20px) { .segment .name { display: block; } }
@container (min-width: 38px) { .segment .percent { display: block; } }
.segment.new { animation: arrive 0.7s ease-out; }
@keyframes arrive { from { opacity: 0; transform: scaleY(0.4); transform-origin: bottom; } }

#lineage { display: grid; gap: 3px; padding-top: 3px; }
#lineage[data-empty]:empty { display: none; }
#lineage .row { animation: unfold 0.6s ease-out; }
@keyframes unfold { from { opacity: 0; transform: translateY(-10px); } }
.cells { position: relative; height: 20px; }
.cells svg { display: block; width: 100%; height: 100%; }
.stays { fill: var(--track); }
.ends { fill: var(--accent-soft); stroke: var(--accent); stroke-width: 1; vector-effect: non-scaling-stroke; }
.cells .name { position: absolute; top: 1px; container-type: inline-size; transform: translateX(-50%); height: 18px; text-align: center; font-size: 12px; line-height: 18px; font-weight: 600; white-space: nowrap; }
.cells .name span { display: none; }
@container (min-width: 18px) { .cells .name span { display: inline; } }
.axis p { display: flex; justify-content: space-between; padding-top: 6px; font-size: 12px; color: var(--soft); }
.axis sup { font-size: 9px; }
#strip-hint { margin-top: 8px; font-size: 13px; color: var(--soft); min-height: 1.45em; }

.columns { display: grid; gap: 16px; grid-template-columns: minmax(0, 1fr) 400px; align-items: start; }
.wide, .side { display: grid; gap: 16px; min-width: 0; }
.wide > *, .side > * { min-width: 0; }
.side h2, .wide > :not(#shards) h2 { margin-bottom: 10px; }
.side .head { justify-content: space-between; margin-bottom: 4px; }
.filters { display: flex; gap: 8px; margin-left: auto; }
#filter { width: 210px; }
.scroll { max-height: 70vh; min-height: 180px; overflow: auto; margin: 0 -18px -16px; padding: 0 18px 16px; border-radius: 0 0 10px 10px; }
.scroll:focus-visible { outline-offset: -3px; }
table { width: 100%; border-collapse: separate; border-spacing: 0; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--panel); border-bottom: 1px solid var(--edge); }
th, td { padding: 0 10px; height: 32px; text-align: right; white-space: nowrap; font-weight: 400; }
th:first-child, td:first-child { padding-left: 2px; }
th:last-child, td:last-child { padding-right: 2px; }
.text { text-align: left; }
thead button {
  border: 0; background: none; padding: 4px 0; color: var(--soft); font-size: 12px; font-weight: 600;
}
thead button:hover { color: var(--ink); }
thead button::after { content: "↑"; padding-left: 4px; visibility: hidden; }
thead th:not(.text) button::after { position: absolute; }
[aria-sort] button { color: var(--ink); }
[aria-sort] button::after { visibility: visible; }
[aria-sort="descending"] button::after { content: "↓"; }
tbody th, tbody td { border-bottom: 1px solid var(--track); }
tbody tr { cursor: pointer; }
tbody tr:hover > * { background: var(--accent-soft); }
tbody tr[data-selected] > * { background: var(--accent-soft); }
tbody tr[data-selected] > :first-child { box-shadow: inset 3px 0 0 var(--accent); }
tbody tr[data-closed] { color: var(--soft); }
tbody button { border: 0; background: none; padding: 4px 6px; text-align: left; }
.zeros { color: var(--soft); }
.bar {
  display: inline-block; width: 84px; height: 8px; margin-right: 10px; border-radius: 2px;
  background: var(--track); position: relative; overflow: hidden; vertical-align: 0;
}
.bar::after {
  content: ""; position: absolute; inset: 0 auto 0 0; width: calc(var(--load, 0) * 100%);
  background: var(--fill, none);
}
.label { display: inline-block; min-width: 44px; }
tr[data-load="hot"] .label { font-weight: 700; }
tr[data-closed] .bar { visibility: hidden; }
#no-rows { padding: 28px 0; text-align: center; }

#selected .charts { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; margin-bottom: 12px; }
#selected .chart { border: 0; padding: 0; border-radius: 0; background: none; }
#selected .number { font-size: 18px; }
#selected .foot .span { display: none; }
#selected[data-empty] > :not(.head):not(.empty), #selected[data-empty] button,
#selected:not([data-empty]) > .empty { display: none; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 3px 16px; font-size: 13px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.list { display: grid; gap: 10px; }
.list:empty { display: none; }
.list .name { display: flex; gap: 8px; justify-content: space-between; font-weight: 550; overflow-wrap: anywhere; }
.list .detail { color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.list .tag { flex: none; font-weight: 400; align-self: start; margin-top: 1px; }
[data-state="failing"] .tag { color: var(--bad); border-color: currentColor; }
[data-state="failing"] .detail { color: var(--bad); }
[data-state="off"] .name { color: var(--soft); font-weight: 400; }
#errors { max-height: 320px; overflow: auto; }
#errors time, #reshards time { font-weight: 400; color: var(--soft); }
#errors .detail { color: var(--ink); }
#reshards { gap: 6px; }
#reshards li { display: grid; grid-template-columns: 70px 68px 1fr; align-items: baseline; }
#reshards .tag { justify-self: start; vertical-align: 0; }

@media (max-width: 1400px) {
  .bar { width: 56px; }
  .columns { grid-template-columns: minmax(0, 1fr) 370px; }
}
@media (max-width: 1180px) {
  .charts { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .columns { grid-template-columns: minmax(0, 1fr); }
  .side { grid-template-columns: repeat(auto-fit, minmax(min(100%, 340px), 1fr)); align-items: start; }
}
@media (max-width: 900px) {
  .zeros { font-size: 0; }
  .zeros:not(:empty)::before { content: "shard "; font-size: 14px; }
}
@media (max-width: 640px) {
  .number { font-size: 20px; }
  .chart { padding: 10px 12px 7px; }
  .foot .span { display: none; }
  body { padding: 0 12px 32px; }
  .top { padding-top: 14px; }
  .tools { width: 100%; justify-content: space-between; }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .panel { padding: 14px 12px; }
  .row { grid-template-columns: minmax(0, 1fr); }
  .axis .when { display: none; }
  .legend { margin-left: 0; }
  .filters { width: 100%; margin: 0; }
  .filters label:last-child { flex: 1; }
  #filter { width: 100%; }
  .scroll { margin: 0 -12px -14px; padding: 0 12px 14px; }
  [data-column="keys"], [data-column="data"] { display: none; }
  .bar { width: 40px; margin-right: 6px; }
  th, td { padding: 0 6px; }
}
@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; }
}
@media (forced-colors: active) {
  .fill, .bar::after { background: Highlight; forced-color-adjust: none; }
}
`;
