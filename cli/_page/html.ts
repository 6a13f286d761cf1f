/**
 * The page without its data.
 *
 * @module
 */

/** The icon: three shards. */
export const PAGE_ICON: string =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">' +
  '<rect width="16" height="16" rx="3" fill="#1f6feb"/>' +
  '<path fill="#fff" d="M3 9h2.6v4H3zM6.7 3h2.6v10H6.7zM10.4 6H13v7h-2.6z"/></svg>';

/** The page. */
export const PAGE_HTML: string = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Kinesis monitor</title>
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<a class="skip" href="#shards">Skip to the table of shards</a>
<header class="top">
  <div>
    <h1><span id="stream">Kinesis monitor</span> <span id="stream-status" class="tag"></span></h1>
    <p id="facts">Connecting to the monitor</p>
  </div>
  <div class="tools">
    <p class="connection"><span class="dot" aria-hidden="true"></span><span
      id="connection-text">Connecting</span></p>
    <button type="button" id="theme">Theme</button>
  </div>
</header>
<p id="lost" role="alert" hidden><span id="lost-text"></span></p>
<noscript><p class="notice">This page needs JavaScript. All of it comes from the monitor on this
machine.</p></noscript>
<p id="summary" class="hidden-text" aria-live="polite"></p>
<main id="main" class="loading">
  <section aria-labelledby="totals-title">
    <h2 id="totals-title" class="hidden-text">The stream</h2>
    <div id="charts" class="charts"></div>
  </section>
  <section class="panel" aria-labelledby="map-title">
    <div class="head">
      <h2 id="map-title">Shards by hash key</h2>
      <p id="hottest"></p>
      <ul class="legend" aria-hidden="true">
        <li data-load="light">below 10 %</li>
        <li data-load="moderate">10 to 50 %</li>
        <li data-load="busy">50 to 80 %</li>
        <li data-load="hot">80 % or more</li>
      </ul>
    </div>
    <div class="row now">
      <span class="when">now</span>
      <div id="strip" role="listbox" tabindex="0" aria-orientation="horizontal"
        aria-label="Open shards by hash key" aria-describedby="strip-hint"></div>
    </div>
    <div id="lineage" data-empty></div>
    <div class="row axis" aria-hidden="true">
      <span class="when"></span>
      <p><span>0</span><span>hash keys</span><span>2<sup>128</sup> − 1</span></p>
    </div>
    <p id="strip-hint"></p>
  </section>
  <div class="columns">
    <div class="wide">
    <section class="panel" id="shards" aria-labelledby="shards-title" tabindex="-1">
      <div class="head">
        <h2 id="shards-title">Shards</h2>
        <p id="count" aria-live="off"></p>
        <div class="filters">
          <label><span class="hidden-text">Which shards</span>
            <select id="kind">
              <option value="open">Open</option>
              <option value="hot">Hot</option>
              <option value="closed">Closed</option>
              <option value="all">All</option>
            </select></label>
          <label><span class="hidden-text">Filter by id, worker or load</span>
            <input id="filter" type="search" placeholder="Filter: id, worker, load"
              autocomplete="off" spellcheck="false"></label>
        </div>
      </div>
      <div class="scroll" role="region" aria-labelledby="shards-title" tabindex="0">
        <table>
          <thead><tr id="columns"></tr></thead>
          <tbody id="rows"></tbody>
        </table>
        <p id="no-rows" class="empty">Waiting for the list of shards</p>
      </div>
    </section>
    <section class="panel" aria-labelledby="errors-title">
      <h2 id="errors-title">Last errors</h2>
      <ul id="errors" class="list"></ul>
      <p id="no-errors" class="empty">No errors.</p>
    </section>
    </div>
    <div class="side">
      <section class="panel" id="selected" aria-labelledby="selected-title" data-empty>
        <div class="head">
          <h2 id="selected-title">Selected shard</h2>
          <button type="button" id="clear">Clear <kbd>Esc</kbd></button>
        </div>
        <p class="empty">Select a shard in the map or the table: its rates and lag appear here.</p>
        <div id="selected-charts" class="charts"></div>
        <dl id="selected-facts"></dl>
      </section>
      <section class="panel" aria-labelledby="workers-title">
        <h2 id="workers-title">Workers and their leases</h2>
        <ul id="workers" class="list"></ul>
        <p id="no-workers" class="empty">Start the monitor with <code>--metrics &lt;url&gt;</code> or
          <code>--store &lt;url&gt;</code> to see the workers that read this stream.</p>
      </section>
      <section class="panel" aria-labelledby="reshards-title">
        <h2 id="reshards-title">Splits and merges</h2>
        <ul id="reshards" class="list"></ul>
        <p id="no-reshards" class="empty">None yet.</p>
      </section>
      <section class="panel" aria-labelledby="sources-title">
        <h2 id="sources-title">Where the numbers come from</h2>
        <ul id="sources" class="list"></ul>
      </section>
    </div>
  </div>
</main>
</body>
</html>
`;
