/* A small map beside each project's page: where in the area it stands, by its parcels or else by its jurisdiction. */
(window.parts = window.parts || []).push(function (page, data) {
  "use strict";
  if (!data) return;
  const { land: landOf, raster } = window.zonemap;
  const land = landOf(data), { box, jurisdiction } = land;
  const WIDE = 260, FINE = 2, EMPTY = 0, REST = 0xffe2e5e6, PLACE = 0xff8a9a63, SITE = 0xff1d1d1d; // colours: ABGR
  const height = Math.max(100, Math.min(320, (WIDE * land.height) / Math.max(1, land.width)));
  const k = Math.min((WIDE - 8) / Math.max(1, land.width), (height - 8) / Math.max(1, land.height)) * FINE;
  const wide = WIDE * FINE, high = Math.round(height * FINE);
  let found = null;

  function draw(figure, site) {
    found ??= raster(land, { x: land.width / 2, y: land.height / 2, k }, wide, high);
    const canvas = figure.querySelector("canvas"), own = new Set(site.parcels);
    canvas.width = wide;
    canvas.height = high;
    const image = new ImageData(wide, high), pixels = new Uint32Array(image.data.buffer);
    for (let at = 0; at < found.length; at++) {
      const parcel = found[at];
      pixels[at] = parcel < 0 ? EMPTY : own.has(parcel) ? SITE : jurisdiction[parcel] === site.place ? PLACE : REST;
    }
    const paper = canvas.getContext("2d");
    paper.putImageData(image, 0, 0);
    if (!own.size) return;
    // a site of a few points is found by the ring around it
    const edges = [0, 1, 2, 3].map((side) => site.parcels.map((parcel) => box[4 * parcel + side]));
    const [left, top, right, bottom] = edges.map((all, side) => (side < 2 ? Math.min(...all) : Math.max(...all)));
    const x = ((left + right - land.width) / 2) * k + wide / 2, y = ((top + bottom - land.height) / 2) * k + high / 2;
    paper.lineWidth = 2 * FINE;
    paper.strokeStyle = "#1d1d1d";
    paper.beginPath();
    paper.arc(x, y, Math.max(9 * FINE, (Math.hypot(right - left, bottom - top) * k) / 2 + 3 * FINE), 0, 7);
    paper.stroke();
  }

  for (const figure of page.querySelectorAll(".site")) {
    const site = data.sites[figure.dataset.code];
    if (!site || (site.place < 0 && !site.parcels.length)) continue;
    const told = site.parcels.length ? data.words.site_drawn : data.words.site_place.replace("{name}", data.jurisdictions[site.place]);
    figure.querySelector("figcaption").textContent = told;
    const canvas = figure.insertBefore(document.createElement("canvas"), figure.firstChild);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", told);
    figure.hidden = false;
    draw(figure, site);
  }
});
