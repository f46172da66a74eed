/* Maps with all that a figure needs: legends on the page, figures to be saved (SVG, PNG), and every map on paper. */
(function () {
  "use strict";
  const { raster, paint, overlay, swatch, tile } = window.zonemap;
  const escaped = (text) => text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const same = (one, other) => String([one.names, one.colours]) === String([other.names, other.colours]);

  function list(layer, words) {
    const unit = layer.unit ? `<span class="unit">${escaped(layer.unit)}</span>` : "";
    const items = layer.names.map((name, code) => `<li>${swatch(layer, code)}${escaped(name)}</li>`).join("");
    return `${unit}<ul aria-label="${escaped(words.legend)}">${items}</ul>`;
  }

  // the legends of the two sides of a view: one below both where they are the same
  function legends(one, other, words) {
    return same(one, other) ? ["", "", list(one, words)] : [list(one, words), list(other, words), ""];
  }

  function picture(land, layer, view, width, height, fine, marking) {
    const wide = Math.round(width * fine), high = Math.round(height * fine), near = { ...view, k: view.k * fine };
    const canvas = document.createElement("canvas");
    canvas.width = wide;
    canvas.height = high;
    const found = raster(land, near, wide, high);
    canvas.getContext("2d").putImageData(paint(land, layer, found, near, wide, high, fine, marking), 0, 0);
    return canvas;
  }

  /* --- a figure to be saved --- */

  const WIDE = 900, MARGIN = 14, MOST_CORNERS = 400000;
  const FONT = 'font-family="Helvetica, Arial, Noto Sans, PingFang SC, Microsoft YaHei, Noto Sans CJK SC, sans-serif"';
  const measure = document.createElement("canvas").getContext("2d");
  const breadth = (text, size, bold) => {
    measure.font = `${bold ? "bold " : ""}${size}px Helvetica, Arial, "Noto Sans CJK SC", sans-serif`;
    return measure.measureText(text).width;
  };

  // entries in rows from left to right: [x, y, what] and the height of all
  function flow(entries, width, line) {
    const widest = Math.max(1, ...entries.map((entry) => entry.width));
    const columns = Math.max(1, Math.min(entries.length, Math.floor(width / widest)));
    const rows = Math.ceil(entries.length / columns);
    const placed = entries.map((entry, at) => [Math.floor(at / rows) * (width / columns), (at % rows) * line, entry]);
    return { placed, height: rows * line };
  }

  function vectors(land, layer, view, width, height) {
    const { corners, firstRing, ringStart, box, count } = land;
    const groups = layer.names.map(() => []), k = view.k * 10;
    const shiftX = width * 5 - view.x * k, shiftY = height * 5 - view.y * k;
    for (let parcel = 0; parcel < count; parcel++) {
      if (firstRing[parcel] === firstRing[parcel + 1]) continue;
      if (box[4 * parcel + 2] * k + shiftX < 0 || box[4 * parcel] * k + shiftX > width * 10) continue;
      if (box[4 * parcel + 3] * k + shiftY < 0 || box[4 * parcel + 1] * k + shiftY > height * 10) continue;
      let path = "";
      for (let ring = firstRing[parcel]; ring < firstRing[parcel + 1]; ring++) {
        let beforeX = 0, beforeY = 0;
        for (let c = ringStart[ring]; c < ringStart[ring + 1]; c++) {
          const x = Math.round(corners[2 * c] * k + shiftX), y = Math.round(corners[2 * c + 1] * k + shiftY);
          if (c === ringStart[ring]) path += `M${x},${y}l`;
          else if (x !== beforeX || y !== beforeY) path += `${x - beforeX},${y - beforeY} `;
          beforeX = x;
          beforeY = y;
        }
        path += "z";
      }
      groups[layer.codes[parcel]].push(`<path d="${path}"/>`);
    }
    return groups.map((paths, code) => {
      if (!paths.length) return "";
      const fill = layer.patterns[code] ? `url(#p${code})` : layer.colours[code];
      return `<g fill="${fill}" fill-rule="evenodd" stroke="#000" stroke-opacity=".28" stroke-width="2.5">${paths.join("")}</g>`;
    }).join("");
  }

  function corners(land, view, width, height) {
    let total = 0;
    const reachX = width / 2 / view.k, reachY = height / 2 / view.k;
    for (let parcel = 0; parcel < land.count; parcel++) {
      const [left, top, right, bottom] = land.box.subarray(4 * parcel, 4 * parcel + 4);
      if (right < view.x - reachX || left > view.x + reachX || bottom < view.y - reachY || top > view.y + reachY) continue;
      total += land.ringStart[land.firstRing[parcel + 1]] - land.ringStart[land.firstRing[parcel]];
    }
    return total;
  }

  /* The whole figure as text of an SVG: title, map, scale, legend, projects by number. `shown`: the view on the page and
     the size of its stage; shapes are vectors unless there are too many of them, or a picture is asked for. */
  function figure(land, layer, shown, words, projects, { marking = false, drawn = false } = {}) {
    const width = WIDE - 2 * MARGIN, height = Math.round((width * shown.height) / shown.width);
    const view = { ...shown.view, k: (shown.view.k * width) / shown.width };
    const line = 20, top = 40;
    const unit = layer.unit ? `${layer.title} (${layer.unit})` : layer.title;
    const entries = layer.names.map((name, code) => ({ code, name, width: breadth(name, 13) + 52 }));
    const legend = flow(entries, width, line);
    const named = projects.map((project, at) => `${at + 1} ${project.name} (${project.told})`);
    const sites = flow(named.map((name) => ({ name, width: breadth(name, 12) + 24 })), width, 17);
    const below = top + height + 24, sitesTop = below + legend.height + 12;
    const total = sitesTop + (named.length ? sites.height + 14 : 0) + 8;
    const vector = !drawn && !marking && corners(land, view, width, height) <= MOST_CORNERS;
    const body = vector
      ? `<g transform="scale(.1)">${vectors(land, layer, view, width, height)}</g>`
      : `<image width="${width}" height="${height}" href="${picture(land, layer, view, width, height, 3, marking).toDataURL()}"/>`;
    const defs = layer.patterns.map((pattern, code) => {
      if (!pattern) return "";
      const text = tile(pattern, layer.colours[code], "p" + code);
      // shapes are in tenths, the samples of the legend are not
      return text.replace("<pattern ", '<pattern patternTransform="scale(10)" ') + tile(pattern, layer.colours[code], "q" + code);
    }).join("");
    const samples = legend.placed.map(([x, y, { code, name }]) => {
      const fill = layer.patterns[code] ? `url(#q${code})` : layer.colours[code];
      return `<g transform="translate(${x},${y})"><rect y="1" width="26" height="13" fill="${fill}" stroke="#555"/><text x="33" y="12" font-size="13">${escaped(name)}</text></g>`;
    }).join("");
    const sited = sites.placed.map(([x, y, { name }]) => `<text x="${x}" y="${y + 10}" font-size="12">${escaped(name)}</text>`).join("");
    return {
      width: WIDE,
      height: total,
      text: `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDE}" height="${total}" viewBox="0 0 ${WIDE} ${total}" ${FONT} fill="#111">` +
        `<defs>${defs}<clipPath id="frame"><rect width="${width}" height="${height}"/></clipPath></defs>` +
        `<rect width="${WIDE}" height="${total}" fill="#fff"/>` +
        `<text x="${MARGIN}" y="27" font-size="17" font-weight="700">${escaped(unit)}</text>` +
        `<text x="${WIDE - MARGIN}" y="27" font-size="12" text-anchor="end" fill="#444">${escaped(breadth(unit, 17, true) + breadth(words.title, 12) < width - 20 ? words.title : "")}</text>` +
        `<g transform="translate(${MARGIN},${top})"><g clip-path="url(#frame)">${body}${overlay(land, view, width, height, words, projects)}</g>` +
        `<rect width="${width}" height="${height}" fill="none" stroke="#888"/></g>` +
        `<g transform="translate(${MARGIN},${below})">${samples}</g><g transform="translate(${MARGIN},${sitesTop})">${sited}</g></svg>`,
    };
  }

  function store(name, blob) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }

  function save(form, name, ...what) {
    const options = what.pop();
    const made = figure(...what, { ...options, drawn: form === "png" });
    const blob = new Blob([made.text], { type: "image/svg+xml" });
    if (form === "svg") {
      store(name + ".svg", blob);
      return;
    }
    const image = new Image(), sharp = 3; // 300 dots an inch at a width of 23 cm
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = made.width * sharp;
      canvas.height = made.height * sharp;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(image.src);
      canvas.toBlob((png) => store(name + ".png", png), "image/png");
    };
    image.src = URL.createObjectURL(blob);
  }

  /* --- on paper: every view, whole; drawn at once, since printing does not wait --- */

  const ON_PAPER = 320; // half a page's width, in units of the page
  function paper(land, layers, views, words, projects) {
    const height = Math.max(120, Math.min(400, (ON_PAPER * land.height) / Math.max(1, land.width)));
    const k = Math.min((ON_PAPER - 10) / Math.max(1, land.width), (height - 10) / Math.max(1, land.height));
    const view = { x: land.width / 2, y: land.height / 2, k }, fine = 3;
    const wide = Math.round(ON_PAPER * fine), high = Math.round(height * fine), near = { ...view, k: k * fine };
    const found = raster(land, near, wide, high);
    return Object.values(views).map((sides) => {
      const block = document.createElement("div");
      block.className = "paper-pair";
      const texts = legends(...sides.map((side) => layers[side]), words);
      block.innerHTML = sides.map((side, at) =>
        `<figure><figcaption>${escaped(layers[side].title)}</figcaption><div class="sheet-of-map"><canvas width="${wide}" height="${high}"></canvas>` +
        `<svg viewBox="0 0 ${ON_PAPER} ${height}">${overlay(land, view, ON_PAPER, height, words, projects)}</svg></div><div class="legend">${texts[at]}</div></figure>`,
      ).join("") + (texts[2] ? `<div class="legend both">${texts[2]}</div>` : "");
      block.querySelectorAll("canvas").forEach((canvas, at) => {
        canvas.getContext("2d").putImageData(paint(land, layers[sides[at]], found, near, wide, high, fine, false), 0, 0);
      });
      return block;
    });
  }

  Object.assign(window.zonemap, { legends, figure, save, paper, escaped });
})();
