/* The maps' drawing: shapes, patterns, and the picture in which every pixel knows its parcel. Nothing here asks for the
   page; `map_figure.js` puts legends and frames around it, `map.js` lets a reader look at it. */
window.zonemap = (function () {
  "use strict";

  /* --- what the page carries, packed --- */

  const pairs = (bytes) => {
    const size = bytes.length / 2; // all the low bytes, then all the high ones
    return Uint16Array.from({ length: size }, (_, at) => bytes[at] | (bytes[size + at] << 8));
  };
  function half(bits) {
    const sign = bits & 0x8000 ? -1 : 1, power = (bits >> 10) & 31, rest = bits & 1023;
    if (power === 31) return NaN;
    return sign * (power ? 2 ** (power - 15) * (1 + rest / 1024) : 2 ** -14 * (rest / 1024));
  }
  const KINDS = {
    u1: (bytes) => bytes,
    u2: (bytes) => new Uint16Array(bytes.buffer),
    u4: (bytes) => new Uint32Array(bytes.buffer),
    halves: (bytes) => Float32Array.from(pairs(bytes), half),
    steps(bytes) {
      let sum = 0;
      return Int16Array.from(pairs(bytes), (step) => (sum = (sum + step) & 0xffff));
    },
  };

  function unpack(packed) {
    const found = {};
    for (const name in packed) {
      const [kind, text] = packed[name];
      found[name] = KINDS[kind](Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)));
    }
    return found;
  }

  // the parcels' shapes, and what each of them is; both languages draw the same
  let indexed = null;
  function land(data) {
    indexed ??= index(data);
    return indexed;
  }

  function index(data) {
    const { x, y, sizes, owners, changed, jurisdiction, ...rest } = unpack(data.packed), ids = data.ids;
    const count = ids.length, rings = sizes.length;
    const corners = new Int16Array(2 * x.length);
    for (let at = 0; at < x.length; at++) {
      corners[2 * at] = x[at];
      corners[2 * at + 1] = y[at];
    }
    const firstRing = new Uint32Array(count + 1), ringStart = new Uint32Array(rings + 1);
    const box = new Int16Array(count * 4);
    for (let ring = 0, owner = 0; ring < rings; ring++) {
      owner += owners[ring];
      ringStart[ring + 1] = ringStart[ring] + sizes[ring];
      firstRing[owner + 1]++;
    }
    let drawn = 0;
    for (let parcel = 0; parcel < count; parcel++) {
      drawn += firstRing[parcel + 1] > 0;
      firstRing[parcel + 1] += firstRing[parcel];
      let left = 32767, top = 32767, right = -1, bottom = -1;
      for (let c = ringStart[firstRing[parcel]]; c < ringStart[firstRing[parcel + 1]]; c++) {
        left = Math.min(left, corners[2 * c]);
        right = Math.max(right, corners[2 * c]);
        top = Math.min(top, corners[2 * c + 1]);
        bottom = Math.max(bottom, corners[2 * c + 1]);
      }
      box.set([left, top, right, bottom], parcel * 4);
    }
    const values = {};
    for (const name in data.factors) {
      values[name] = (rest["values." + name] || rest[name]).map((value) => value * data.factors[name]);
    }
    return {
      width: data.width, height: data.height, metres: data.metres, drawn: Math.max(1, drawn),
      count, ids, corners, firstRing, ringStart, box, changed, jurisdiction, values, rest,
    };
  }

  function layers(data, land) {
    const found = {};
    for (const name in data.layers) found[name] = { ...data.layers[name], name, codes: land.rest["codes." + name] };
    return found;
  }

  /* --- colours and patterns: the same tile for canvas (`inked`) and SVG (`tile`) --- */

  const TILE = 6, LINE = 1.1;
  const rising = (u, v) => (u + v) % TILE < LINE * 1.4;
  const falling = (u, v) => (u - v + TILE) % TILE < LINE * 1.4;
  const level = (u, v) => v < LINE, upright = (u) => u < LINE;
  const INKED = {
    rising, falling, level, upright,
    dotted: (u, v) => (u - 3) ** 2 + (v - 3) ** 2 < 2.2,
    crossed: (u, v) => rising(u, v) || falling(u, v),
    squared: (u, v) => level(u, v) || upright(u),
    lines: (u, v) => v % 3 < LINE,
    bars: (u) => u % 3 < LINE,
  };
  const UP = "M-1,1L1,-1M0,6L6,0M5,7L7,5", DOWN = "M-1,5L1,7M0,0L6,6M5,-1L7,1", ACROSS = "M0,.55H6", ALONG = "M.55,0V6";
  const PATHS = {
    rising: UP, falling: DOWN, level: ACROSS, upright: ALONG, crossed: UP + DOWN, squared: ACROSS + ALONG,
    lines: "M0,.55H6M0,3.55H6", bars: "M.55,0V6M3.55,0V6",
  };

  const toRgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const mix = (one, other, share) => one.map((value, at) => Math.round(value + (other[at] - value) * share));
  const hex = (rgb) => "#" + rgb.map((value) => value.toString(16).padStart(2, "0")).join("");
  const packed = (rgb) => ((255 << 24) | (rgb[2] << 16) | (rgb[1] << 8) | rgb[0]) >>> 0;
  const WHITE = [255, 255, 255];
  const ink = (rgb) => {
    const light = 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2];
    return light > 110 ? mix(rgb, [0, 0, 0], 0.6) : mix(rgb, WHITE, 0.75);
  };

  function tile(pattern, colour, id) {
    const dark = hex(ink(toRgb(colour)));
    const marks = pattern === "dotted"
      ? `<circle cx="3" cy="3" r="1.45" fill="${dark}"/>`
      : `<path d="${PATHS[pattern]}" stroke="${dark}" stroke-width="${LINE}" fill="none"/>`;
    return `<pattern id="${id}" width="${TILE}" height="${TILE}" patternUnits="userSpaceOnUse">` +
      `<rect width="${TILE}" height="${TILE}" fill="${colour}"/>${marks}</pattern>`;
  }

  let tiles = 0;
  function swatch(layer, code) {
    const pattern = layer.patterns[code], colour = layer.colours[code], id = "swatch" + tiles++;
    const fill = pattern ? `url(#${id})` : colour;
    return `<svg class="sample" width="22" height="14" aria-hidden="true">${pattern ? tile(pattern, colour, id) : ""}` +
      `<rect x=".5" y=".5" width="21" height="13" fill="${fill}" stroke="#555"/></svg>`;
  }

  /* --- the picture: the number of the parcel in every pixel --- */

  // view: the point of the grid in the middle, and pixels per step
  function raster(land, view, wide, high) {
    const { corners, firstRing, ringStart, box, count } = land;
    const picture = new Int32Array(wide * high).fill(-1);
    const k = view.k, shiftX = wide / 2 - view.x * k, shiftY = high / 2 - view.y * k;
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
    return picture;
  }

  // fine: pixels per unit of the page; marking: what does not change is pale, what does is outlined
  function paint(land, layer, picture, view, wide, high, fine, marking) {
    const image = new ImageData(wide, high), pixels = new Uint32Array(image.data.buffer);
    const size = Math.round(TILE * fine), { changed } = land;
    const masks = layer.patterns.map((pattern) => {
      if (!pattern) return null;
      const mask = new Uint8Array(size * size);
      for (let at = 0; at < mask.length; at++) {
        mask[at] = INKED[pattern](((at % size) * TILE) / size, (Math.floor(at / size) * TILE) / size);
      }
      return mask;
    });
    const rgbs = layer.colours.map(toRgb);
    const shades = [0, 0.62].map((pale) => rgbs.map((rgb) => packed(mix(rgb, WHITE, pale))));
    const inks = [0, 0.62].map((pale) => rgbs.map((rgb) => packed(mix(ink(rgb), WHITE, pale))));
    for (let row = 0, at = 0; row < high; row++) {
      const line = (row % size) * size;
      for (let column = 0; column < wide; column++, at++) {
        const parcel = picture[at];
        if (parcel < 0) continue;
        const code = layer.codes[parcel], mask = masks[code], pale = marking && !changed[parcel] ? 1 : 0;
        pixels[at] = mask && mask[line + (column % size)] ? inks[pale][code] : shades[pale][code];
      }
    }
    // lines only where parcels are large enough on screen to leave room for them
    const side = Math.sqrt((land.width * land.height) / land.drawn) * (view.k / fine);
    if (side > 9) borders(picture, pixels, wide, high);
    if (marking && side > 5) outlines(land, picture, pixels, wide, high, Math.max(1, Math.round((side > 14 ? 0.8 : 0.5) * fine)));
    return image;
  }

  function borders(picture, pixels, wide, high) {
    for (let row = 0, at = 0; row < high; row++) {
      for (let column = 0; column < wide; column++, at++) {
        const parcel = picture[at];
        const right = column + 1 < wide ? picture[at + 1] : parcel;
        const below = row + 1 < high ? picture[at + wide] : parcel;
        if (parcel !== right || parcel !== below) {
          const colour = pixels[at] || 0xffffffff;
          pixels[at] = packed([colour & 255, (colour >> 8) & 255, (colour >> 16) & 255].map((part) => Math.round(part * 0.72)));
        }
      }
    }
  }

  function outlines(land, picture, pixels, wide, high, reach) {
    const dark = packed([32, 33, 36]), is = (at) => (picture[at] >= 0 ? land.changed[picture[at]] : 0);
    for (let row = 0; row + 1 < high; row++) {
      for (let column = 0; column + 1 < wide; column++) {
        const at = row * wide + column, own = is(at);
        if (own === is(at + 1) && own === is(at + wide)) continue;
        for (let y = Math.max(0, row + 1 - reach); y <= Math.min(high - 1, row + reach); y++) {
          for (let x = Math.max(0, column + 1 - reach); x <= Math.min(wide - 1, column + reach); x++) {
            pixels[y * wide + x] = dark;
          }
        }
      }
    }
  }

  /* --- what lies over a map, as SVG in units of the page: outlines of parcels, projects, scale, north --- */

  function outline(land, parcels, view, width, height) {
    const { corners, firstRing, ringStart } = land, parts = [];
    const shiftX = width / 2 - view.x * view.k, shiftY = height / 2 - view.y * view.k;
    for (const parcel of parcels) {
      for (let ring = firstRing[parcel]; ring < firstRing[parcel + 1]; ring++) {
        for (let c = ringStart[ring]; c < ringStart[ring + 1]; c++) {
          const x = corners[2 * c] * view.k + shiftX, y = corners[2 * c + 1] * view.k + shiftY;
          parts.push((c === ringStart[ring] ? "M" : "L") + x.toFixed(1) + "," + y.toFixed(1));
        }
        parts.push("Z");
      }
    }
    return parts.join("");
  }

  function scale(land, view, words, longest) {
    const perUnit = land.metres / view.k, most = longest * perUnit;
    let length = 10 ** Math.floor(Math.log10(most));
    length *= [5, 2, 1].find((factor) => length * factor <= most);
    const [shown, unit] = length >= 1000 ? [length / 1000, words.km] : [length, words.m];
    return { width: length / perUnit, half: String(+(shown / 2).toPrecision(3)), whole: `${+shown.toPrecision(3)} ${unit}` };
  }

  function overlay(land, view, width, height, words, projects) {
    const halo = 'paint-order="stroke" stroke="#fff" stroke-width="3" stroke-linejoin="round"';
    let text = "";
    for (const [at, project] of projects.entries()) {
      const path = outline(land, project.parcels, view, width, height);
      text += `<path d="${path}" fill="none" stroke="#fff" stroke-width="3.4"/>` +
        `<path d="${path}" fill="none" stroke="#111" stroke-width="1.6"${project.built ? "" : ' stroke-dasharray="4 3"'}/>`;
    }
    for (const [at, project] of projects.entries()) {
      const [x, y] = onPage(project, view, width, height);
      if (x < 0 || y < 0 || x > width || y > height) continue;
      const [fill, letters] = project.built ? ["#111", "#fff"] : ["#fff", "#111"];
      text += `<g transform="translate(${x.toFixed(1)},${y.toFixed(1)})"><circle r="8.5" fill="${fill}" stroke="#111" stroke-width="1.4"/>` +
        `<circle r="9.7" fill="none" stroke="#fff" stroke-width="1"/>` +
        `<text y="3.6" text-anchor="middle" font-size="10" font-weight="700" fill="${letters}">${at + 1}</text></g>`;
    }
    if (land.metres !== null) {
      const bar = scale(land, view, words, Math.min(130, width * 0.3)), top = height - 14, half = bar.width / 2;
      text += `<g transform="translate(14,${top})"><rect x="-3" y="-19" width="${bar.width + 44}" height="29" rx="3" fill="#fff" fill-opacity=".78"/>` +
        `<rect width="${half}" height="4.5" fill="#111"/><rect x="${half}" width="${half}" height="4.5" fill="#fff"/>` +
        `<rect width="${bar.width}" height="4.5" fill="none" stroke="#111"/><g font-size="11" fill="#111" text-anchor="middle">` +
        `<text x="3" y="-5">0</text>${bar.width > 70 ? `<text x="${half}" y="-5">${bar.half}</text>` : ""}<text x="${bar.width}" y="-5">${bar.whole}</text></g></g>` +
        `<g transform="translate(${width - 20},26)"><path d="M0,-14L6,4L0,0.5L-6,4Z" fill="#111" stroke="#fff" stroke-width="2" paint-order="stroke"/>` +
        `<text y="17" text-anchor="middle" font-size="12" font-weight="700" fill="#111" ${halo}>N</text></g>`;
    }
    return text;
  }
  const onPage = (point, view, width, height) => [
    (point.x - view.x) * view.k + width / 2, (point.y - view.y) * view.k + height / 2,
  ];

  return { land, layers, raster, paint, overlay, outline, onPage, swatch, tile };
})();
