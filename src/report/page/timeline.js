// Connections over time, stacked by outcome, with a brush that selects an interval.

const kChartHeight = 200;
const kMaxBar = 60;
const kAxis = { left: 46, bottom: 22, top: 8, right: 6 };

function drawTimeline(changed) {
  const buckets = sample.buckets;
  if (buckets.length === 0) return el('p', { class: 'note' }, 'No connection has been counted yet.');
  const host = el('div', { class: 'chart' });
  onWidth(host, (width) => host.replaceChildren(timelineSvg(width, changed)));
  const intervals = `One bar is ${duration(sample.width)}.`;
  return el('div', {}, host, brushRow(changed), legend(), el('p', { class: 'note' },
    `${intervals} Drag over bars to select an interval; the sections below then show it alone. ${brushTruth()}`),
  fold('timeline', 'Figures of this chart', timelineTable()));
}

/// The time of a bar, with milliseconds if bars are shorter than a second.
function barTime(ms) {
  if (sample.width >= 1000 || !Number.isFinite(ms)) return time(ms);
  const fraction = ((ms % 1000) + 1000) % 1000;
  return `${time(ms)}.${String(Math.floor(fraction)).padStart(3, '0')}`;
}

/// What the selection filters, and how exactly.
function brushTruth() {
  if (sample.complete) return 'This page contains every connection, so their figures are exact.';
  return `The counts of bars and outcomes are exact. Services, pairs and hosts of an interval are estimated from ` +
    `${count(sample.connections.length)} sampled connections of ${count(sample.total)}, equally of each bar and outcome. ` +
    'Without a selection every figure is exact, unless the report says "approximate".';
}

function timelineSvg(width, changed) {
  const buckets = sample.buckets;
  const room = width - kAxis.left - kAxis.right;
  const inner = { width: Math.min(room, buckets.length * kMaxBar), height: kChartHeight - kAxis.top - kAxis.bottom };
  const most = Math.max(1, ...buckets.map((b) => sum(Object.values(b.counts))));
  const step = inner.width / buckets.length;
  const y = (n) => kAxis.top + inner.height * (1 - n / most);
  const chart = svg('svg', { width, height: kChartHeight, viewBox: `0 0 ${width} ${kChartHeight}`, role: 'img', 'aria-label': timelineLabel() });
  const tick = niceStep(most, 4);
  for (let n = 0; n <= most; n += Math.max(1, tick)) {
    chart.append(svg('line', { class: 'grid', x1: kAxis.left, x2: kAxis.left + inner.width, y1: y(n), y2: y(n) }),
      svg('text', { class: 'axis', x: kAxis.left - 6, y: y(n) + 4, 'text-anchor': 'end' }, axisNumber(n)));
  }
  buckets.forEach((bucket, at) => chart.append(...stack(bucket, kAxis.left + at * step, step, y)));
  chart.append(...timeAxis(sample.start, buckets.length * sample.width, kAxis.left, inner.width, kChartHeight - 6));
  addBrush(chart, step, inner, changed);
  return chart;
}

function stack(bucket, x, step, y) {
  const bars = [];
  let below = 0;
  const gap = step > 4 ? 1 : 0;
  for (const outcome of kStackOrder) {
    const n = bucket.counts[outcome];
    if (!n) continue;
    const top = y(below + n);
    // A failure among very many connections is at least one pixel high.
    const height = Math.max(y(below) - top, kFailures.includes(outcome) ? 1.5 : 0);
    bars.push(svg('rect', { class: `o-${outcome}`, x, y: y(below) - height, width: Math.max(1, step - gap), height }));
    below += n;
  }
  return bars;
}

function timeAxis(start, span, left, width, y) {
  const step = niceTimeStep(span, Math.max(2, Math.floor(width / 90)));
  const marks = [];
  for (let local = Math.ceil((start + zoneOffset(start)) / step) * step; ; local += step) {
    const t = local - zoneOffset(local - zoneOffset(local));
    if (t > start + span) return marks;
    const x = left + (t - start) / span * width;
    if (x < left + 12 || x > left + width - 22) continue;
    marks.push(svg('line', { class: 'grid', x1: x, x2: x, y1: y - 16, y2: y - 12 }),
      svg('text', { class: 'axis', x, y, 'text-anchor': 'middle' }, shortTime(t, step)));
  }
}

function timelineLabel() {
  const failed = sum(sample.buckets.map((b) => sum(kFailures.map((o) => b.counts[o] || 0))));
  return `Connections over time from ${time(sample.start)} in ${sample.buckets.length} bars of ${duration(sample.width)}: ` +
    `${plural(sample.total, 'connection')}, ${count(failed)} failed. The same figures follow as a table.`;
}

function bucketLines(bucket) {
  const lines = [`${barTime(bucket.begin)} · ${plural(sum(Object.values(bucket.counts)), 'connection')}`];
  for (const outcome of kStackOrder.slice().reverse())
    if (bucket.counts[outcome]) lines.push(`${kOutcomeNames[outcome]}: ${count(bucket.counts[outcome])}`);
  lines.push(bytes(bucket.bytes));
  return lines;
}

/// Dragging selects buckets; a click on one selects it alone.
function addBrush(chart, step, inner, changed) {
  const bucketAt = (event) => {
    const x = event.clientX - chart.getBoundingClientRect().left - kAxis.left;
    return Math.max(0, Math.min(sample.buckets.length - 1, Math.floor(x / step)));
  };
  const shade = (first, last) => {
    const box = { x: kAxis.left + first * step, width: (last - first + 1) * step, y: kAxis.top, height: inner.height };
    for (const [name, value] of Object.entries(box)) selection.setAttribute(name, value);
    const end = box.x + box.width;
    masks[0].setAttribute('width', box.x - kAxis.left);
    masks[1].setAttribute('x', end);
    masks[1].setAttribute('width', Math.max(0, kAxis.left + inner.width - end));
  };
  const selection = svg('rect', { class: 'selection frame' });
  const masks = [0, 1].map(() => svg('rect', { class: 'mask', x: kAxis.left, y: kAxis.top, width: 0, height: inner.height }));
  const range = selectedBuckets();
  if (range) shade(range[0], range[1]);
  const surface = svg('rect', { class: 'surface', x: kAxis.left, y: kAxis.top, width: inner.width, height: inner.height });
  let from = null;
  surface.addEventListener('pointerdown', (event) => {
    from = bucketAt(event);
    surface.setPointerCapture(event.pointerId);
    shade(from, from);
  });
  surface.addEventListener('pointermove', (event) => {
    const at = bucketAt(event);
    tooltip.show(bucketLines(sample.buckets[at]), event.clientX, event.clientY);
    if (from !== null) shade(Math.min(from, at), Math.max(from, at));
  });
  surface.addEventListener('pointerup', (event) => {
    if (from === null) return;
    const at = bucketAt(event);
    select(Math.min(from, at), Math.max(from, at), changed);
    from = null;
  });
  surface.addEventListener('pointercancel', () => { from = null; });
  surface.addEventListener('pointerleave', () => tooltip.hide());
  chart.append(...masks, selection, surface);
}

/// Selects buckets. All of them, or null, are no selection.
function select(first, last, changed) {
  const all = first === null || (first === 0 && last === sample.buckets.length - 1);
  state.from = all ? null : sample.start + first * sample.width;
  state.to = all ? null : sample.start + (last + 1) * sample.width;
  changed();
}

/// The brush for keyboards: first and last bar as sliders, and what is selected.
function brushRow(changed) {
  const end = sample.buckets.length - 1;
  const [first, last] = selectedBuckets() || [0, end];
  const slider = (label, value, set) => {
    const input = el('input', { type: 'range', min: 0, max: end, value, 'aria-label': label,
      'aria-valuetext': barTime(sample.start + value * sample.width), onchange: () => set(Number(input.value)) });
    return input;
  };
  const text = view.whole ? 'All connections'
    : `${barTime(state.from)} to ${barTime(state.to)}: ${plural(view.total, 'connection')}`;
  return el('div', { class: 'brush' },
    end === 0 ? null : el('span', { class: 'sliders' },
      slider('First bar of the selection', first, (at) => select(Math.min(at, last), last, changed)),
      slider('Last bar of the selection', last, (at) => select(first, Math.max(at, first), changed))),
    el('span', { role: 'status' }, text),
    view.whole ? null : el('button', { type: 'button', class: 'plain', onclick: () => select(null, null, changed) }, 'Show all'));
}

function legend() {
  const present = kStackOrder.filter((outcome) => view.counts[outcome]).reverse();
  return el('ul', { class: 'legend' }, present.map((outcome) => el('li', { title: kOutcomeMeanings[outcome] },
    el('span', { class: `swatch b-${outcome}` }), `${kOutcomeNames[outcome]} `, el('b', {}, count(view.counts[outcome])))));
}

function timelineTable() {
  const present = kStackOrder.filter((outcome) => sample.buckets.some((b) => b.counts[outcome]));
  return makeTable({
    key: 'timeline', caption: 'Connections over time',
    columns: [column('begin', 'Began', { text: barTime, value: (b) => b.begin }),
      ...present.map((outcome) => column(outcome, kOutcomeNames[outcome], { number: true, value: (b) => b.counts[outcome] || 0 })),
      column('bytes', 'Bytes', { number: true, text: bytes })],
    rows: sample.buckets,
  });
}
