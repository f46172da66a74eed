/* The page's controls: language, search, tables (sort, filter, download), figures and printing. A body is set up when its
   language is first shown, and kept as it is when the other one takes its place. */
(function () {
  "use strict";
  const pages = {};
  const template = document.getElementById("other");
  const text = (id) => (document.getElementById(id) || { textContent: "" }).textContent;
  const merged = (one, other) => {
    const all = { ...one };
    for (const key in other) {
      const both = key in all && typeof other[key] === "object" && !Array.isArray(other[key]);
      all[key] = both ? merged(all[key], other[key]) : other[key];
    }
    return all;
  };

  /* What is large is packed; it is unpacked once, and nothing is asked for. */
  const unpacking = {};
  function unpacked(id) {
    if (!document.getElementById(id)) return Promise.resolve(null);
    if (!("DecompressionStream" in window)) {
      for (const each of document.querySelectorAll(".old")) each.hidden = false;
      return Promise.resolve(null);
    }
    unpacking[id] ??= (async () => {
      const bytes = Uint8Array.from(atob(text(id)), (letter) => letter.charCodeAt(0));
      return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    })();
    return unpacking[id];
  }

  /* --- language --- */

  function taken(lang) {
    if (!pages[lang]) {
      const page = template.content.querySelector(".page");
      // ids of the waiting language begin with it, so that none stands twice in the file
      for (const each of page.querySelectorAll("[id]")) each.id = each.id.replace(lang + "-", "");
      for (const name of ["for", "aria-labelledby", "aria-controls"]) {
        for (const each of page.querySelectorAll(`[${name}]`)) {
          each.setAttribute(name, each.getAttribute(name).replace(lang + "-", ""));
        }
      }
      for (const each of page.querySelectorAll('a[href^="#"]')) {
        each.setAttribute("href", each.getAttribute("href").replace("#" + lang + "-", "#"));
      }
      pages[lang] = page;
    }
    return pages[lang];
  }

  function place(page) {
    // the part that begins last above the upper edge of the window, and where
    let found = ["", 0];
    for (const each of page.querySelectorAll("section[id], .sheet, .drawn")) {
      const top = each.getBoundingClientRect().top;
      if (top < 120 && each.offsetParent) found = [each.id, top];
    }
    return found;
  }

  function show(lang) {
    const old = document.querySelector("body > .page");
    const next = taken(lang);
    const [id, top] = place(old);
    old.replaceWith(next);
    document.documentElement.lang = next.lang;
    document.title = next.dataset.title;
    start(next);
    window.dispatchEvent(new Event("resize"));
    const same = id && document.getElementById(id);
    if (same) window.scrollBy({ top: same.getBoundingClientRect().top - top, behavior: "instant" });
    next.querySelector(".language").focus({ preventScroll: true });
  }

  /* --- tables --- */

  const clean = (shown) => (shown === "–" ? "" : shown.replace(/,/g, "").replace("−", "-"));
  const value = (cell, numeric) => cell.dataset.v ?? (numeric ? clean(cell.textContent) : cell.textContent);
  const wordsOf = new WeakMap();
  const holds = (row, words) => {
    if (!wordsOf.has(row)) {
      const codes = Array.from(row.querySelectorAll(".word[data-v]"), (cell) => cell.dataset.v);
      wordsOf.set(row, [row.textContent, ...codes].join(" ").toLowerCase());
    }
    return words.every((word) => wordsOf.get(row).includes(word));
  };
  const split = (query) => query.toLowerCase().split(/\s+/).filter(Boolean);
  const isData = (row) => !row.matches(".group, .sum, .rest");

  function save(name, type, content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], { type }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function download(tables) {
    const heads = Array.from(tables[0].tHead.rows[0].cells);
    const quoted = (cell) => (/[",\n\r]/.test(cell) ? '"' + cell.replace(/"/g, '""') + '"' : cell);
    const lines = [heads.map((head) => head.dataset.c)];
    for (const row of tables.flatMap((table) => Array.from(table.tBodies[0].rows))) {
      lines.push(heads.map((head, at) => value(row.cells[at], !head.matches(".word"))));
    }
    save(tables[0].dataset.key + ".csv", "text/csv", lines.map((line) => line.map(quoted).join(",")).join("\n") + "\n");
  }

  function sort(table, at, lang) {
    const heads = table.tHead.rows[0].cells;
    const numeric = !heads[at].matches(".word");
    const down = heads[at].getAttribute("aria-sort") === "ascending";
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[at].setAttribute("aria-sort", down ? "descending" : "ascending");
    const order = new Intl.Collator(lang, { numeric: true }).compare;
    const sign = down ? -1 : 1;
    const keyed = Array.from(table.tBodies[0].rows, (row) => {
      const own = numeric ? value(row.cells[at], true) : row.cells[at].textContent;
      return [row, numeric ? (own === "" ? NaN : Number(own)) : own];
    });
    keyed.sort(([, one], [, other]) => {
      if (!numeric) return sign * order(one, other);
      // rows without a number stand last, whichever way
      return Number.isNaN(one) - Number.isNaN(other) || (Number.isNaN(one) ? 0 : sign * (one - other));
    });
    table.tBodies[0].append(...keyed.map(([row]) => row));
  }

  /* A long table shows its first rows until it is unfolded; sorting and searching are of all of them. */
  function fold(sheet) {
    const button = sheet.querySelector(".fold");
    if (!button) return;
    button.dataset.more = button.textContent;
    button.parentElement.hidden = false;
    sheet.classList.add("folded");
    button.addEventListener("click", () => {
      const folded = sheet.classList.toggle("folded");
      button.textContent = folded ? button.dataset.more : button.dataset.less;
      button.setAttribute("aria-expanded", !folded);
      if (folded) sheet.scrollIntoView({ block: "nearest", behavior: "instant" });
    });
  }

  function tables(page) {
    for (const sheet of page.querySelectorAll(".sheet")) {
      const table = sheet.querySelector("table");
      sheet.querySelector(".tools").hidden = false;
      sheet.querySelector(".csv").addEventListener("click", () => download(Array.from(sheet.querySelectorAll("table"))));
      fold(sheet);
      const filter = sheet.querySelector(".filter");
      if (filter) filter.addEventListener("input", () => sift(page));
      if (sheet.querySelector(".leaf")) continue; // pages of their own are not sorted
      Array.from(table.tHead.rows[0].cells).forEach((head, at) => {
        head.tabIndex = 0;
        head.addEventListener("click", () => sort(table, at, page.lang));
        head.addEventListener("keydown", (event) => {
          if (event.key !== "Enter" && event.key !== " ") return;
          event.preventDefault();
          sort(table, at, page.lang);
        });
      });
    }
  }

  /* Rows that hold the words of the page's search and of their table's filter; while one searches, tables and sections
     without such rows are out of sight. */
  function sift(page) {
    const search = page.querySelector(".search");
    const query = split(search ? search.value : "");
    let rows = 0, found = 0, last = [null, 0]; // the sheet before, and its rows so far: it may have several tables
    for (const table of page.querySelectorAll("main table")) {
      const filter = table.closest(".sheet")?.querySelector(".filter");
      const words = [...query, ...split(filter ? filter.value : "")];
      let hits = 0;
      for (const body of table.tBodies) {
        let mine = 0;
        for (const row of body.rows) {
          if (!isData(row)) continue;
          row.hidden = words.length > 0 && !holds(row, words);
          mine += !row.hidden;
        }
        for (const row of body.rows) if (!isData(row)) row.hidden = words.length > 0 && !row.matches(".group");
        if (table.tBodies.length > 1) body.hidden = words.length > 0 && !mine;
        hits += mine;
      }
      if (table.tFoot) table.tFoot.hidden = words.length > 0;
      table.classList.toggle("without", query.length > 0 && !hits);
      const sheet = table.closest(".sheet"), leaf = table.closest(".leaf");
      sheet?.classList.toggle("sifted", words.length > 0);
      if (leaf) leaf.hidden = words.length > 0 && !hits;
      if (sheet) {
        const mine = (sheet === last[0] ? last[1] : 0) + hits;
        last = [sheet, mine];
        const count = sheet.querySelector(".count");
        count.dataset.all ??= count.textContent;
        count.textContent = words.length ? `${mine} / ${count.dataset.all}` : count.dataset.all;
        sheet.classList.toggle("without", query.length > 0 && !mine);
      }
      const folded = table.closest("details");
      if (folded && words.length && hits) folded.open = true;
      rows += hits;
      found += hits > 0;
    }
    page.classList.toggle("searching", query.length > 0);
    for (const part of page.querySelectorAll("main section")) {
      part.classList.toggle("without", query.length > 0 && !part.querySelector("table:not(.without)"));
    }
    const told = page.querySelector(".found");
    if (told) {
      const some = told.dataset.some.replace("%r", rows.toLocaleString("en-US")).replace("%t", found);
      told.textContent = !query.length ? "" : rows ? some : told.dataset.none;
    }
  }

  /* --- contents: the section that is read is marked --- */

  function contents(page) {
    const links = new Map();
    for (const link of page.querySelectorAll(".contents > li > a")) links.set(link.getAttribute("href").slice(1), link);
    const seen = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) {
          if (!entry.isIntersecting) continue;
          for (const link of links.values()) link.removeAttribute("aria-current");
          const link = links.get(entry.target.id);
          link.setAttribute("aria-current", "true");
          const bar = link.closest("ul");
          if (bar.scrollWidth > bar.clientWidth) bar.scrollLeft = link.offsetLeft - 40;
        }
      },
      { rootMargin: "-20% 0px -75% 0px" },
    );
    for (const part of page.querySelectorAll(".chapter")) seen.observe(part);
  }

  /* --- figures: drawn when they come near the window, all of them before printing --- */

  let library = null;
  function drawer() {
    // the page's policy names this script by its digest, as it does those that stand in it
    library ??= unpacked("plotly").then((code) => {
      if (!code) return;
      const script = document.createElement("script");
      script.textContent = code;
      document.head.append(script);
    });
    return library;
  }

  const WIDE = 900, NARROW = 560, LEAST = 260, ON_PAPER = 680;
  const width = (plot) => Math.max(LEAST, Math.min(WIDE, plot.parentElement.clientWidth));
  const drawing = (plot) => JSON.parse(plot.nextElementSibling.textContent);

  /* A name in lines of so many letters (Chinese ones are twice as broad), its own breaks given up. */
  function wrapped(name, most) {
    const lines = [""];
    let length = 0;
    for (const word of String(name).replace(/<br>/g, " ").split(/(?<=\s)|(?<=[\u2e80-\uffef])(?<!（)(?![，。、；：）\s])/)) {
      const long = Array.from(word).reduce((sum, letter) => sum + (letter > "\u2e7f" ? 2 : 1), 0);
      if (length && length + long > most + 1) {
        lines.push("");
        length = 0;
      }
      lines[lines.length - 1] += word;
      length += long;
    }
    return lines.map((line) => line.trim()).join("<br>");
  }

  /* A figure as wide as asked; on a narrow page with smaller letters, and its names in short lines. */
  function fitted(figure, wide) {
    const { data, layout } = figure;
    layout.width = wide;
    if (wide >= NARROW) return figure;
    if (data[0].type === "sankey") {
      layout.width = 600; // what is between its ends has no room on less: this one scrolls
      return figure;
    }
    layout.font.size = 11;
    layout.margin = { ...layout.margin, l: 44, r: Math.min(layout.margin.r, 48) };
    layout.legend.font = { size: 11 };
    for (const name of ["xaxis", "yaxis"]) {
      const axis = layout[name];
      axis.tickfont = { size: 11 };
      if (axis.title) axis.title.font = { size: 11 };
      axis.nticks = 5;
    }
    const lying = data.some((trace) => trace.orientation === "h");
    if (lying) {
      const axis = layout.yaxis;
      axis.tickvals ??= Array.from(new Set(data.flatMap((trace) => trace.y)));
      const names = (axis.ticktext || axis.tickvals).map((name) => wrapped(name, 16));
      axis.ticktext = names;
      const lines = names.map((name) => name.split("<br>").length);
      // as far apart as the two neighbours with most lines need
      const apart = Math.max(1.6, ...lines.slice(1).map((each, at) => (each + lines[at]) / 2));
      layout.height = 150 + lines.length * (14 * apart + 5);
    } else if (layout.xaxis.type === "category") {
      const axis = layout.xaxis;
      axis.tickvals = axis.categoryarray || Array.from(new Set(data.flatMap((trace) => trace.x)));
      axis.ticktext = axis.tickvals.map((name) => String(name).replace("-", "-<br>"));
      axis.tickangle = 0;
    }
    for (const trace of data) if (trace.name) trace.name = wrapped(trace.name, 30);
    return figure;
  }

  function draw(plot) {
    if (plot.dataset.drawn || !window.Plotly) return;
    plot.dataset.drawn = "yes";
    const figure = fitted(drawing(plot), width(plot));
    window.Plotly.newPlot(plot, figure.data, figure.layout, { displayModeBar: false });
  }

  function figures(page) {
    if (!page.querySelector(".plot")) return;
    const near = new IntersectionObserver(
      (entries) => {
        for (const entry of entries) if (entry.isIntersecting) drawer().then(() => draw(entry.target));
      },
      { rootMargin: "600px" },
    );
    for (const plot of page.querySelectorAll(".plot")) {
      near.observe(plot);
      const tools = plot.parentElement.querySelector(".saves");
      tools.hidden = false;
      for (const button of tools.querySelectorAll("button")) {
        button.addEventListener("click", async () => {
          await drawer();
          const figure = fitted(drawing(plot), WIDE); // as on a wide page, whatever this one is
          window.Plotly.downloadImage(figure, {
            format: button.dataset.format,
            filename: plot.parentElement.id,
            width: WIDE,
            height: figure.layout.height,
            scale: button.dataset.format === "png" ? 3 : 1,
          });
        });
      }
    }
  }

  const idle = window.requestIdleCallback || ((work) => setTimeout(work, 50));
  function atLeisure(plots) {
    const plot = plots.shift();
    if (!plot || !window.Plotly) return;
    idle(() => {
      if (plot.isConnected) draw(plot);
      atLeisure(plots);
    });
  }

  function fit(size) {
    for (const plot of document.querySelectorAll(".plot")) {
      if (!plot.dataset.drawn) continue;
      const figure = fitted(drawing(plot), size(plot));
      window.Plotly.react(plot, figure.data, figure.layout, { displayModeBar: false });
    }
  }
  let wide = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth === wide) return;
    wide = window.innerWidth;
    fit(width);
  });

  /* --- start --- */

  function start(page) {
    if (page.dataset.started) return;
    page.dataset.started = "yes";
    pages[page.dataset.lang] = page;
    page.querySelector(".controls").hidden = false;
    const other = { en: "zh", zh: "en" }[page.dataset.lang];
    page.querySelector(".language").addEventListener("click", () => show(other));
    const search = page.querySelector(".search");
    if (search) search.addEventListener("input", () => sift(page));
    tables(page);
    contents(page);
    figures(page);
    unpacked("map-data").then((map) => {
      const data = map && merged(JSON.parse(map), JSON.parse(text("map-words-" + page.dataset.lang)));
      for (const part of window.parts || []) part(page, data);
      // what prints before anyone has scrolled has its figures too
      return drawer();
    }).then(() => atLeisure(Array.from(page.querySelectorAll(".plot"))));
  }
  start(document.querySelector("body > .page"));

  /* Folded parts are opened for printing and folded again afterwards. */
  let opened = [];
  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("details:not([open])")) {
      part.open = true;
      opened.push(part);
    }
    document.querySelectorAll(".plot").forEach(draw);
    fit(() => ON_PAPER);
  });
  window.addEventListener("afterprint", () => {
    for (const part of opened) part.open = false;
    opened = [];
    fit(width);
  });
})();
