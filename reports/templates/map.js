/* The maps on the page: two side by side in one view, looked at by mouse, touch or keys. */
(window.parts = window.parts || []).push(function (page, data) {
  "use strict";
  const root = page.querySelector("#maps");
  if (!data || !root) return;
  const { land: landOf, layers: layersOf, raster, paint, overlay, outline, onPage, legends, save, paper, escaped } = window.zonemap;
  const { words, projects, views } = data;
  const land = landOf(data), layers = layersOf(data, land);
  const { count, firstRing, box } = land;
  const get = (id) => root.querySelector("#map-" + id);

  const panels = Array.from(root.querySelectorAll(".map"), (figure) => ({
    figure,
    stage: figure.querySelector(".stage"),
    canvas: figure.querySelector("canvas"),
    over: figure.querySelector(".over"),
    marked: figure.querySelector(".marked"),
    caption: figure.querySelector("figcaption"),
    legend: figure.querySelector(".legend"),
  }));
  const tip = root.querySelector(".tip"), both = root.querySelector(".legend.both");
  const highlight = get("highlight"), sited = get("projects");
  let mode = root.querySelector("input[name=map-mode]:checked").value;
  let wide = 0, high = 0, fine = 1, width = 0, height = 0, home = 1; // home: units of the page per step, all in sight
  let picture = new Int32Array(0);
  const centre = { x: land.width / 2, y: land.height / 2, zoom: 1 };
  let pinned = -1, cross = null;

  // of more than two plans a reader picks the two that are shown
  const picks = Array.from(root.querySelectorAll(".map-pick select"));
  const picked = (sides) => (picks.length && sides.length > 2 ? picks.map((pick) => sides[pick.value]) : sides);
  const layer = (which) => layers[picked(views[mode])[which]];
  const marking = () => Boolean(highlight && highlight.checked);
  const placed = () => (sited && sited.checked ? projects : []);
  const view = () => ({ x: centre.x, y: centre.y, k: home * centre.zoom });
  const number = (value) => value.toLocaleString("en-US", { maximumSignificantDigits: 3 }).replace("-", "−");

  /* --- drawing --- */

  function layout() {
    width = panels[0].stage.clientWidth;
    const tallest = Math.max(260, Math.min(680, window.innerHeight * 0.78));
    height = Math.round(Math.max(220, Math.min(tallest, (width * land.height) / Math.max(1, land.width) + 24)));
    const ratio = Math.min(window.devicePixelRatio || 1, 3);
    fine = ratio >= 1.9 ? ratio : ratio * 2; // twice as fine on a plain screen, so that edges come out smooth
    wide = Math.max(1, Math.round(width * fine));
    high = Math.max(1, Math.round(height * fine));
    for (const panel of panels) {
      panel.stage.style.height = height + "px";
      panel.canvas.width = wide;
      panel.canvas.height = high;
    }
    home = Math.min((width - 24) / Math.max(1, land.width), (height - 24) / Math.max(1, land.height));
  }

  function draw() {
    const begun = performance.now();
    const near = view();
    near.k *= fine;
    picture = raster(land, near, wide, high);
    colour();
    root.dataset.drawn = String(Math.round(performance.now() - begun));
    for (const panel of panels) panel.stage.style.touchAction = centre.zoom > 1.01 ? "none" : "pan-x pan-y";
  }

  function colour() {
    const near = view();
    near.k *= fine;
    panels.forEach((panel, which) => {
      const image = paint(land, layer(which), picture, near, wide, high, fine, marking());
      panel.canvas.getContext("2d").putImageData(image, 0, 0);
      panel.canvas.style.transform = panel.over.style.transform = panel.marked.style.transform = "";
      panel.caption.textContent = layer(which).title;
      panel.canvas.setAttribute("aria-label", `${layer(which).title}. ${panel.canvas.dataset.about}`);
      panel.over.innerHTML = overlay(land, view(), width, height, words, placed());
    });
    mark(pinned);
  }

  function name() {
    const texts = legends(layer(0), layer(1), words);
    panels.forEach((panel, which) => (panel.legend.innerHTML = texts[which]));
    for (const pick of picks) pick.parentElement.hidden = views[mode].length === 2;
    both.innerHTML = texts[2];
    panels.forEach((panel, which) => (panel.legend.hidden = !texts[which]));
    both.hidden = !texts[2];
  }

  function mark(parcel) {
    const path = parcel < 0 ? "" : outline(land, [parcel], view(), width, height);
    const lines = path &&
      `<path d="${path}" fill="none" stroke="#fff" stroke-width="5" stroke-linejoin="round"/><path d="${path}" fill="none" stroke="#111" stroke-width="2.4"/>`;
    const sight = cross
      ? `<path d="M${cross[0] - 11},${cross[1]}h22M${cross[0]},${cross[1] - 11}v22" stroke="#fff" stroke-width="5"/><path d="M${cross[0] - 10},${cross[1]}h20M${cross[0]},${cross[1] - 10}v20" stroke="#b00" stroke-width="2"/>`
      : "";
    for (const panel of panels) panel.marked.innerHTML = lines + sight;
  }

  /* --- what a parcel is --- */

  const nameOf = (of, parcel) => layers[of].names[layers[of].codes[parcel]];
  function describe(parcel, project) {
    const rows = [];
    const row = (term, text) => rows.push(`<dt>${escaped(term)}</dt><dd>${escaped(text)}</dd>`);
    const pair = (before, after) => (before === after ? before : before + " → " + after);
    let text = "";
    if (project) {
      text = `<strong>${escaped(project.name)}</strong><p>${escaped(project.told)} · ${escaped(project.capex)} · ${escaped(project.where)}</p>`;
    }
    if (parcel >= 0 && data.sides) {
      for (const kind of ["zone", "class", "action", "start"]) {
        row(words[kind], views[kind].map((of, at) => `${data.sides[at]}: ${nameOf(of, parcel)}`).join("; "));
      }
    } else if (parcel >= 0) {
      row(words.zone, pair(nameOf("zone_before", parcel), nameOf("zone_after", parcel)));
      row(words.class, pair(nameOf("class_before", parcel), nameOf("class_after", parcel)));
      row(words.action, nameOf("action", parcel));
      row(words.start, nameOf("start", parcel));
    }
    if (parcel >= 0) {
      row(words.area, number(land.values.area[parcel]) + " " + words.ha);
      if (data.jurisdictions.length > 1) row(words.jurisdiction, data.jurisdictions[land.jurisdiction[parcel]]);
      for (const of of data.told) {
        const value = land.values[of][parcel];
        row(layers[of].title, Number.isNaN(value) ? words.not_known : `${number(value)} ${layers[of].unit}`);
      }
      text += `<strong>${escaped(land.ids[parcel])}</strong><dl>${rows.join("")}</dl>`;
      if (parcel in data.split) text += `<p>${escaped(words.split.replace("{share}", data.split[parcel]))}</p>`;
    }
    tip.innerHTML = text;
  }

  function hit(x, y) {
    const found = placed().find((project) => {
      const [left, top] = onPage(project, view(), width, height);
      return (left - x) ** 2 + (top - y) ** 2 < 130;
    });
    return found || null;
  }
  function under(x, y) {
    const column = Math.floor(x * fine), row = Math.floor(y * fine);
    return column >= 0 && row >= 0 && column < wide && row < high ? picture[row * wide + column] : -1;
  }

  function show(parcel, panel, x, y, project = null) {
    mark(parcel >= 0 ? parcel : pinned);
    if (parcel < 0 && !project) {
      tip.hidden = true;
      return;
    }
    describe(parcel, project);
    tip.hidden = false;
    const outer = root.getBoundingClientRect(), inner = panel.stage.getBoundingClientRect();
    const left = inner.left - outer.left + x, top = inner.top - outer.top + y;
    const beside = left + 16 + tip.offsetWidth > outer.width ? left - tip.offsetWidth - 16 : left + 16;
    tip.style.left = Math.max(4, Math.min(beside, outer.width - tip.offsetWidth - 4)) + "px";
    tip.style.top = top + 18 + "px";
  }
  function close() {
    pinned = -1;
    cross = null;
    show(-1, panels[0], 0, 0);
  }

  /* --- moving about --- */

  function whole() {
    Object.assign(centre, { x: land.width / 2, y: land.height / 2, zoom: 1 });
  }
  function zoomBy(factor, x, y) {
    const before = view().k;
    const atX = centre.x + (x - width / 2) / before, atY = centre.y + (y - height / 2) / before;
    centre.zoom = Math.max(1, Math.min(400, centre.zoom * factor));
    centre.x = atX - (x - width / 2) / view().k;
    centre.y = atY - (y - height / 2) / view().k;
    if (centre.zoom <= 1.001) whole();
    tip.hidden = true;
    draw();
  }
  function moveBy(dx, dy) {
    centre.x -= dx / view().k;
    centre.y -= dy / view().k;
    draw();
  }
  function goTo(parcels) {
    let left = 32767, top = 32767, right = -1, bottom = -1;
    for (const parcel of parcels) {
      const own = box.subarray(4 * parcel, 4 * parcel + 4);
      [left, top] = [Math.min(left, own[0]), Math.min(top, own[1])];
      [right, bottom] = [Math.max(right, own[2]), Math.max(bottom, own[3])];
    }
    const size = Math.max(right - left, bottom - top, 1) * home;
    centre.zoom = Math.max(1, Math.min(400, (Math.min(width, height) / size) * 0.18));
    if (centre.zoom > 1) Object.assign(centre, { x: (left + right) / 2, y: (top + bottom) / 2 });
    else whole();
    cross = null;
    draw();
    return onPage({ x: (left + right) / 2, y: (top + bottom) / 2 }, view(), width, height);
  }

  panels.forEach((panel) => {
    const held = new Map(); // pointers that are down
    let from = null, moved = false, apart = 0;
    const place = (event) => {
      const frame = panel.stage.getBoundingClientRect();
      return [event.clientX - frame.left - 1, event.clientY - frame.top - 1];
    };
    const spread = () => {
      const [[x0, y0], [x1, y1]] = held.values();
      return Math.hypot(x1 - x0, y1 - y0);
    };
    panel.stage.addEventListener("pointerdown", (event) => {
      held.set(event.pointerId, place(event));
      from = place(event);
      moved = held.size > 1;
      if (held.size === 2) apart = spread();
      if (centre.zoom > 1.01) panel.stage.setPointerCapture(event.pointerId);
    });
    panel.stage.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (held.has(event.pointerId)) held.set(event.pointerId, [x, y]);
      if (from && held.size === 1) {
        const dx = x - from[0], dy = y - from[1];
        if (Math.abs(dx) + Math.abs(dy) > 4) moved = true;
        if (moved && centre.zoom > 1.01) {
          tip.hidden = true;
          for (const each of panels) {
            for (const part of [each.canvas, each.over, each.marked]) part.style.transform = `translate(${dx}px,${dy}px)`;
          }
        }
      } else if (!held.size && event.pointerType === "mouse" && pinned < 0 && !cross) {
        show(under(x, y), panel, x, y, hit(x, y));
      }
    });
    const drop = (event) => {
      const [x, y] = place(event);
      if (held.size === 2 && apart) {
        const [one, other] = held.values();
        zoomBy(spread() / apart, (one[0] + other[0]) / 2, (one[1] + other[1]) / 2);
      } else if (from && moved && held.size === 1 && centre.zoom > 1.01) moveBy(x - from[0], y - from[1]);
      held.clear();
      from = null;
      apart = 0;
    };
    panel.stage.addEventListener("pointerup", drop);
    panel.stage.addEventListener("pointercancel", () => {
      held.clear();
      from = null;
    });
    panel.stage.addEventListener("pointerleave", () => {
      if (pinned < 0 && !cross) show(-1, panel, 0, 0);
    });
    panel.stage.addEventListener("click", (event) => {
      if (moved) return;
      const [x, y] = place(event), parcel = under(x, y);
      cross = null;
      pinned = parcel === pinned ? -1 : parcel;
      show(pinned, panel, x, y, pinned < 0 ? null : hit(x, y));
    });
    panel.stage.addEventListener("dblclick", (event) => zoomBy(2, ...place(event)));
    panel.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoomBy(event.deltaY < 0 ? 1.35 : 1 / 1.35, ...place(event));
    }, { passive: false });
    panel.stage.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      const middle = cross || [width / 2, height / 2];
      if (step) {
        const [x, y] = cross ? [cross[0] + 14 * step[0], cross[1] + 14 * step[1]] : middle;
        cross = [Math.max(0, Math.min(width - 1, x)), Math.max(0, Math.min(height - 1, y))];
        const [over, below] = [x - cross[0], y - cross[1]];
        if ((over || below) && centre.zoom > 1.01) moveBy(-6 * over, -6 * below);
        show(under(...cross), panel, ...cross, hit(...cross));
      } else if (event.key === "+" || event.key === "=") zoomBy(1.8, ...middle);
      else if (event.key === "-") zoomBy(1 / 1.8, ...middle);
      else if (event.key === "0") all();
      else return;
      event.preventDefault();
    });
    panel.stage.addEventListener("blur", () => {
      if (cross) close();
    });
  });

  /* --- controls --- */

  const all = () => {
    whole();
    close();
    draw();
  };
  get("in").addEventListener("click", () => zoomBy(1.8, width / 2, height / 2));
  get("out").addEventListener("click", () => zoomBy(1 / 1.8, width / 2, height / 2));
  get("all").addEventListener("click", all);
  for (const box of [highlight, sited]) if (box) box.addEventListener("change", colour);
  for (const button of root.querySelectorAll("input[name=map-mode]")) {
    button.addEventListener("change", () => {
      mode = button.value;
      name();
      colour();
    });
  }
  function differ() {
    const kinds = Object.values(views).filter((sides) => sides.length > 2).map((sides) => picked(sides).map((of) => layers[of].codes));
    for (let parcel = 0; parcel < count; parcel++) {
      land.changed[parcel] = kinds.some(([one, other]) => one[parcel] !== other[parcel]) ? 1 : 0;
    }
  }
  for (const pick of picks) {
    pick.addEventListener("change", () => {
      differ();
      name();
      colour();
    });
  }
  const positions = new Map(land.ids.map((id, at) => [id, at]));
  const last = panels[panels.length - 1];
  const finder = get("find");
  finder.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const text = finder.value.trim(), parcel = positions.has(text) ? positions.get(text) : -1;
    get("find-note").textContent = text && parcel < 0 ? words.not_found : "";
    if (parcel < 0 || firstRing[parcel] === firstRing[parcel + 1]) return;
    pinned = parcel;
    show(parcel, last, ...goTo([parcel]));
  });
  root.querySelectorAll(".map-sites button").forEach((button, at) => {
    button.addEventListener("click", () => {
      const project = projects[at];
      pinned = -1;
      if (sited) sited.checked = true;
      show(-1, last, ...goTo(project.parcels), project);
    });
  });
  root.querySelectorAll(".map-save button").forEach((button) => {
    button.addEventListener("click", () => {
      const which = panels.findIndex((panel) => panel.figure.contains(button));
      const of = layer(which), shown = { view: view(), width, height };
      save(button.dataset.format, "map_" + of.name, land, of, shown, words, placed(), { marking: marking() });
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && (pinned >= 0 || !tip.hidden)) close();
  });

  const sheets = root.querySelector(".on-paper");
  window.addEventListener("beforeprint", () => {
    if (root.isConnected) sheets.replaceChildren(...paper(land, layers, Object.values(views).map(picked), words, placed()));
  });
  window.addEventListener("afterprint", () => sheets.replaceChildren());

  name();
  new ResizeObserver(() => {
    if (!panels[0].stage.clientWidth || panels[0].stage.clientWidth === width) return;
    layout();
    draw();
  }).observe(panels[0].stage);
});
