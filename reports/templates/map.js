/* Draws the parcels twice, before and after, from whole-number corners. One pass over the corners writes the number of
   the parcel into every pixel; colours, outlines and pointing at a parcel are then look-ups in that picture. */
(window.parts = window.parts || []).push(function (page, data) {
  "use strict";
  const root = page.querySelector("#maps");
  if (!data || !root) return;
  const words = data.words;
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
  const corners = new Int16Array(bytes(data.corners));
  const sizes = new Uint32Array(bytes(data.sizes));
  const owners = new Uint32Array(bytes(data.owners));
  const areas = new Float32Array(bytes(data.areas));
  const changed = new Uint8Array(bytes(data.changed));
  const places = new Uint16Array(bytes(data.jurisdiction));
  const layers = {};
  for (const name in data.layers) {
    const layer = data.layers[name];
    layers[name] = { names: layer.names, colours: layer.colours, codes: new Uint16Array(bytes(layer.codes)) };
  }
  const count = data.ids.length;
  const sides = {
    zone: ["zone_before", "zone_after"],
    class: ["class_before", "class_after"],
    action: ["action", "start"],
  };

  // where each parcel's rings begin, and its box
  const firstRing = new Uint32Array(count + 1);
  const ringStart = new Uint32Array(sizes.length + 1);
  const box = new Int16Array(count * 4);
  for (let ring = 0; ring < sizes.length; ring++) {
    ringStart[ring + 1] = ringStart[ring] + sizes[ring];
    firstRing[owners[ring] + 1]++;
  }
  for (let parcel = 0; parcel < count; parcel++) {
    firstRing[parcel + 1] += firstRing[parcel];
    let left = 32767, top = 32767, right = -1, bottom = -1;
    for (let c = ringStart[firstRing[parcel]]; c < ringStart[firstRing[parcel + 1]]; c++) {
      const x = corners[2 * c], y = corners[2 * c + 1];
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      if (y > bottom) bottom = y;
    }
    box.set([left, top, right, bottom], parcel * 4);
  }
  const drawnParcels = Math.max(1, new Set(owners).size);

  const panels = Array.from(root.querySelectorAll(".map")).map((figure) => ({
    figure,
    stage: figure.querySelector(".stage"),
    canvas: figure.querySelector("canvas.base"),
    over: figure.querySelector("canvas.over"),
    caption: figure.querySelector("figcaption"),
    scale: figure.querySelector(".scale"),
  }));
  const tip = root.querySelector(".tip");
  const highlight = root.querySelector("#map-highlight");
  const findBox = root.querySelector("#map-find");
  const findNote = root.querySelector("#map-find-note");
  let mode = (root.querySelector("input[name=map-mode]:checked") || { value: "zone" }).value;
  let wide = 0, high = 0, ratio = 1, sharp = 1;
  let picture = new Int32Array(0);
  let home = 1;
  const view = { x: data.width / 2, y: data.height / 2, zoom: 1 };
  let pinned = -1;

  const toRgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const packed = (rgb) => ((255 << 24) | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0;
  const mix = (one, other, share) => one.map((value, at) => Math.round(value + (other[at] - value) * share));
  const number = (value) => value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 3 : value < 1000 ? 2 : 0 });

  function layout() {
    const width = panels[0].stage.clientWidth;
    const tallest = Math.max(260, Math.min(680, window.innerHeight * 0.78));
    const height = Math.round(Math.max(220, Math.min(tallest, (width * data.height) / Math.max(1, data.width) + 24)));
    ratio = Math.min(window.devicePixelRatio || 1, 3);
    sharp = ratio >= 1.9 ? ratio : ratio * 2; // twice as fine on a plain screen, so that edges come out smooth
    for (const panel of panels) panel.stage.style.height = height + "px";
    wide = Math.max(1, Math.round(width * sharp));
    high = Math.max(1, Math.round(height * sharp));
    for (const panel of panels) {
      panel.canvas.width = panel.over.width = wide;
      panel.canvas.height = panel.over.height = high;
    }
    picture = new Int32Array(wide * high);
    const margin = 12 * sharp;
    home = Math.min((wide - 2 * margin) / Math.max(1, data.width), (high - 2 * margin) / Math.max(1, data.height));
  }
  const perStep = () => home * view.zoom;
  const pixelX = (x) => (x - view.x) * perStep() + wide / 2;
  const pixelY = (y) => (y - view.y) * perStep() + high / 2;

  function rasterise() {
    picture.fill(-1);
    const k = perStep(), shiftX = wide / 2 - view.x * k, shiftY = high / 2 - view.y * k;
    const crossings = Array.from({ length: high }, () => []);
    for (let parcel = 0; parcel < count; parcel++) {
      if (firstRing[parcel] === firstRing[parcel + 1]) continue;
      const left = box[4 * parcel] * k + shiftX, right = box[4 * parcel + 2] * k + shiftX;
      const top = box[4 * parcel + 1] * k + shiftY, bottom = box[4 * parcel + 3] * k + shiftY;
      if (right < 0 || left > wide || bottom < 0 || top > high) continue;
      const rowFrom = Math.max(0, Math.ceil(top - 0.5)), rowTo = Math.min(high - 1, Math.floor(bottom - 0.5));
      for (let ring = firstRing[parcel]; ring < firstRing[parcel + 1]; ring++) {
        const from = ringStart[ring], to = ringStart[ring + 1];
        let x0 = corners[2 * to - 2] * k + shiftX, y0 = corners[2 * to - 1] * k + shiftY;
        for (let c = from; c < to; c++) {
          const x1 = corners[2 * c] * k + shiftX, y1 = corners[2 * c + 1] * k + shiftY;
          if (y0 !== y1) {
            const rows = y0 < y1 ? [y0, y1] : [y1, y0];
            const end = Math.min(high - 1, Math.ceil(rows[1] - 0.5) - 1);
            const slope = (x1 - x0) / (y1 - y0);
            for (let row = Math.max(0, Math.ceil(rows[0] - 0.5)); row <= end; row++) {
              crossings[row].push(x0 + (row + 0.5 - y0) * slope);
            }
          }
          x0 = x1;
          y0 = y1;
        }
      }
      for (let row = rowFrom; row <= rowTo; row++) {
        const hits = crossings[row];
        if (hits.length === 2) {
          if (hits[0] > hits[1]) hits.reverse();
        } else hits.sort((a, b) => a - b);
        for (let pair = 0; pair + 1 < hits.length; pair += 2) {
          const start = Math.max(0, Math.ceil(hits[pair] - 0.5));
          const end = Math.min(wide, Math.ceil(hits[pair + 1] - 0.5));
          if (end > start) picture.fill(parcel, row * wide + start, row * wide + end);
        }
        hits.length = 0;
      }
    }
  }

  function coloursOf(name, marking) {
    const layer = layers[name];
    const full = layer.colours.map((colour) => packed(toRgb(colour)));
    const pale = layer.colours.map((colour) => packed(mix(toRgb(colour), [255, 255, 255], 0.62)));
    const result = new Uint32Array(count);
    for (let parcel = 0; parcel < count; parcel++) {
      const code = layer.codes[parcel];
      result[parcel] = marking && !changed[parcel] ? pale[code] : full[code];
    }
    return result;
  }

  function paint() {
    const marking = highlight && highlight.checked && mode !== "action";
    // lines only where parcels are large enough on screen to leave room for them
    const side = Math.sqrt((data.width * data.height) / drawnParcels) * (perStep() / sharp);
    const lines = side > 9, outlines = marking && side > 5;
    const reach = Math.max(1, Math.round((side > 14 ? 0.8 : 0.5) * sharp));
    const dark = packed([32, 33, 36]);
    panels.forEach((panel, which) => {
      const context = panel.canvas.getContext("2d");
      const image = context.createImageData(wide, high);
      const pixels = new Uint32Array(image.data.buffer);
      const colours = coloursOf(sides[mode][which], marking);
      for (let at = 0; at < pixels.length; at++) {
        const parcel = picture[at];
        if (parcel >= 0) pixels[at] = colours[parcel];
      }
      if (lines) {
        for (let row = 0, at = 0; row < high; row++) {
          for (let column = 0; column < wide; column++, at++) {
            const parcel = picture[at];
            const right = column + 1 < wide ? picture[at + 1] : parcel;
            const below = row + 1 < high ? picture[at + wide] : parcel;
            if (parcel !== right || parcel !== below) {
              const colour = pixels[at] || 0xffffffff;
              const r = colour & 255, g = (colour >> 8) & 255, b = (colour >> 16) & 255;
              pixels[at] = packed([Math.round(r * 0.72), Math.round(g * 0.72), Math.round(b * 0.72)]);
            }
          }
        }
      }
      if (outlines) {
        const is = (at) => (picture[at] >= 0 ? changed[picture[at]] : 0);
        for (let row = 0; row + 1 < high; row++) {
          for (let column = 0; column + 1 < wide; column++) {
            const at = row * wide + column, own = is(at);
            if (own !== is(at + 1) || own !== is(at + wide)) {
              for (let dy = 1 - reach; dy <= reach; dy++) {
                for (let dx = 1 - reach; dx <= reach; dx++) {
                  const y = row + dy, x = column + dx;
                  if (y >= 0 && x >= 0 && y < high && x < wide) pixels[y * wide + x] = dark;
                }
              }
            }
          }
        }
      }
      context.putImageData(image, 0, 0);
      panel.canvas.style.transform = panel.over.style.transform = "";
      panel.caption.textContent = panel.caption.dataset[mode];
      scaleBar(panel);
    });
    root.querySelectorAll("[data-legend]").forEach((legend) => {
      legend.hidden = legend.dataset.legend !== mode;
    });
    root.querySelectorAll(".legend-changed").forEach((item) => {
      item.hidden = !marking;
    });
    mark(pinned);
  }

  function scaleBar(panel) {
    if (!panel.scale) return;
    panel.scale.hidden = data.metres === null;
    if (data.metres === null) return;
    const perPixel = (data.metres / perStep()) * sharp;
    const longest = 120 * perPixel;
    let length = Math.pow(10, Math.floor(Math.log10(longest)));
    for (const factor of [5, 2]) {
      if (length * factor <= longest) {
        length *= factor;
        break;
      }
    }
    panel.scale.style.width = length / perPixel + "px";
    panel.scale.textContent = length >= 1000 ? length / 1000 + " " + words.km : length + " " + words.m;
  }

  function draw() {
    const begun = performance.now();
    rasterise();
    paint();
    root.dataset.drawn = String(Math.round(performance.now() - begun));
    for (const panel of panels) panel.stage.style.touchAction = view.zoom > 1.01 ? "none" : "manipulation";
  }

  function mark(parcel) {
    for (const panel of panels) {
      const context = panel.over.getContext("2d");
      context.clearRect(0, 0, wide, high);
      if (parcel < 0) continue;
      context.beginPath();
      for (let ring = firstRing[parcel]; ring < firstRing[parcel + 1]; ring++) {
        for (let c = ringStart[ring]; c < ringStart[ring + 1]; c++) {
          const x = pixelX(corners[2 * c]), y = pixelY(corners[2 * c + 1]);
          if (c === ringStart[ring]) context.moveTo(x, y);
          else context.lineTo(x, y);
        }
        context.closePath();
      }
      context.lineJoin = "round";
      context.strokeStyle = "#fff";
      context.lineWidth = 5 * sharp;
      context.stroke();
      context.strokeStyle = "#111";
      context.lineWidth = 2.4 * sharp;
      context.stroke();
    }
  }

  const nameOf = (layer, parcel) => layers[layer].names[layers[layer].codes[parcel]];
  function describe(parcel) {
    tip.textContent = "";
    const head = document.createElement("strong");
    head.textContent = data.ids[parcel];
    const list = document.createElement("dl");
    const row = (term, text) => {
      const dt = document.createElement("dt"), dd = document.createElement("dd");
      dt.textContent = term;
      dd.textContent = text;
      list.append(dt, dd);
    };
    const pair = (before, after) => (before === after ? before : before + " → " + after);
    row(words.zone, pair(nameOf("zone_before", parcel), nameOf("zone_after", parcel)));
    row(words.class, pair(nameOf("class_before", parcel), nameOf("class_after", parcel)));
    row(words.action, nameOf("action", parcel));
    row(words.start, nameOf("start", parcel));
    row(words.area, number(areas[parcel]) + " " + words.ha);
    if (data.jurisdictions.length > 1) row(words.jurisdiction, data.jurisdictions[places[parcel]]);
    tip.append(head, list);
    if (parcel in data.split) {
      const note = document.createElement("p");
      note.textContent = words.split.replace("{share}", data.split[parcel]);
      tip.append(note);
    }
  }

  function show(parcel, panel, x, y) {
    mark(parcel >= 0 ? parcel : pinned);
    if (parcel < 0) {
      tip.hidden = true;
      return;
    }
    describe(parcel);
    tip.hidden = false;
    const outer = root.getBoundingClientRect(), inner = panel.stage.getBoundingClientRect();
    const left = inner.left - outer.left + x, top = inner.top - outer.top + y;
    const beside = left + 16 + tip.offsetWidth > outer.width ? left - tip.offsetWidth - 16 : left + 16;
    tip.style.left = Math.max(4, Math.min(beside, outer.width - tip.offsetWidth - 4)) + "px";
    tip.style.top = top + 18 + "px";
  }

  const under = (x, y) => {
    const column = Math.floor(x * sharp), row = Math.floor(y * sharp);
    return column >= 0 && row >= 0 && column < wide && row < high ? picture[row * wide + column] : -1;
  };

  function zoomBy(factor, x, y) {
    const before = perStep();
    const atX = view.x + (x * sharp - wide / 2) / before, atY = view.y + (y * sharp - high / 2) / before;
    view.zoom = Math.max(1, Math.min(400, view.zoom * factor));
    view.x = atX - (x * sharp - wide / 2) / perStep();
    view.y = atY - (y * sharp - high / 2) / perStep();
    if (view.zoom <= 1.001) whole();
    tip.hidden = true;
    draw();
  }
  function whole() {
    view.zoom = 1;
    view.x = data.width / 2;
    view.y = data.height / 2;
  }

  panels.forEach((panel) => {
    let from = null, moved = false;
    const place = (event) => {
      const frame = panel.stage.getBoundingClientRect();
      return [event.clientX - frame.left, event.clientY - frame.top];
    };
    panel.stage.addEventListener("pointerdown", (event) => {
      from = [event.clientX, event.clientY];
      moved = false;
      if (view.zoom > 1.01) panel.stage.setPointerCapture(event.pointerId);
    });
    panel.stage.addEventListener("pointermove", (event) => {
      const [x, y] = place(event);
      if (from && event.buttons) {
        const dx = event.clientX - from[0], dy = event.clientY - from[1];
        if (Math.abs(dx) + Math.abs(dy) > 4) moved = true;
        if (moved && view.zoom > 1.01) {
          tip.hidden = true;
          for (const each of panels) {
            each.canvas.style.transform = each.over.style.transform = "translate(" + dx + "px," + dy + "px)";
          }
        }
      } else if (event.pointerType === "mouse" && pinned < 0) show(under(x, y), panel, x, y);
    });
    const drop = (event) => {
      if (from && moved && view.zoom > 1.01) {
        view.x -= ((event.clientX - from[0]) * sharp) / perStep();
        view.y -= ((event.clientY - from[1]) * sharp) / perStep();
        draw();
      }
      from = null;
    };
    panel.stage.addEventListener("pointerup", drop);
    panel.stage.addEventListener("pointercancel", drop);
    panel.stage.addEventListener("pointerleave", () => {
      if (pinned < 0) show(-1, panel, 0, 0);
    });
    panel.stage.addEventListener("click", (event) => {
      if (moved) return;
      const [x, y] = place(event), parcel = under(x, y);
      pinned = parcel === pinned ? -1 : parcel;
      show(pinned, panel, x, y);
    });
    panel.stage.addEventListener("dblclick", (event) => zoomBy(2, ...place(event)));
    panel.stage.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        zoomBy(event.deltaY < 0 ? 1.35 : 1 / 1.35, ...place(event));
      },
      { passive: false }
    );
  });

  const middle = () => [panels[0].stage.clientWidth / 2, panels[0].stage.clientHeight / 2];
  root.querySelector("#map-in").addEventListener("click", () => zoomBy(1.8, ...middle()));
  root.querySelector("#map-out").addEventListener("click", () => zoomBy(1 / 1.8, ...middle()));
  root.querySelector("#map-all").addEventListener("click", () => {
    whole();
    pinned = -1;
    tip.hidden = true;
    draw();
  });
  if (highlight) highlight.addEventListener("change", paint);
  root.querySelectorAll("input[name=map-mode]").forEach((button) =>
    button.addEventListener("change", () => {
      mode = button.value;
      paint();
    })
  );
  const positions = new Map(data.ids.map((id, at) => [id, at]));
  const find = () => {
    const text = findBox.value.trim();
    const parcel = positions.has(text) ? positions.get(text) : -1;
    findNote.textContent = text && parcel < 0 ? words.not_found : "";
    if (parcel < 0 || firstRing[parcel] === firstRing[parcel + 1]) return;
    const [left, top, right, bottom] = box.subarray(4 * parcel, 4 * parcel + 4);
    const size = Math.max(right - left, bottom - top, 1) * home;
    view.zoom = Math.max(1, Math.min(400, (Math.min(wide, high) / size) * 0.18));
    if (view.zoom > 1) {
      view.x = (left + right) / 2;
      view.y = (top + bottom) / 2;
    } else whole();
    pinned = parcel;
    draw();
    const panel = panels[panels.length - 1];
    show(parcel, panel, pixelX((left + right) / 2) / sharp, pixelY((top + bottom) / 2) / sharp);
  };
  findBox.addEventListener("keydown", (event) => {
    if (event.key === "Enter") find();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && pinned >= 0) {
      pinned = -1;
      show(-1, panels[0], 0, 0);
    }
  });

  let width = 0;
  new ResizeObserver(() => {
    if (panels[0].stage.clientWidth === width) return;
    width = panels[0].stage.clientWidth;
    layout();
    draw();
  }).observe(panels[0].stage);
});
