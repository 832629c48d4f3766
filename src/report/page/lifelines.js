// Lifelines: each connection as a bar from its first to its last packet, coloured by outcome.

const kMaxLifelines = 3000;
const kLongest = 400;
const kTelling = 1600;
const kLane = 7;
const kBar = 5;

/// The connections that are drawn: the longest, those that did not end well, and a random rest.
function tellingConnections(all) {
  if (all.length <= kMaxLifelines) return all;
  const chosen = new Set(all.slice().sort((a, b) => b.lasts - a.lasts).slice(0, kLongest));
  const byOutcome = [...group(all.filter((c) => c.outcome !== 'closed'), (c) => c.outcome).values()];
  for (const rows of byOutcome) for (const c of evenly(rows, kTelling / byOutcome.length)) chosen.add(c);
  for (const c of evenly(all.filter((c) => !chosen.has(c)), kMaxLifelines - chosen.size)) chosen.add(c);
  return [...chosen];
}

/// At most `most` of the rows, which are in the order of time, at equal distances.
function evenly(rows, most) {
  const every = Math.max(1, rows.length / most);
  const chosen = [];
  for (let at = 0; at < rows.length && chosen.length < most; at += every) chosen.push(rows[Math.floor(at)]);
  return chosen;
}

/// The longest connections of the report in the shape of sampled ones.
function longestConnections() {
  return (report.longest || []).map((row) => ({
    outcome: row.outcome, weight: 1, orig: row.orig, origPort: row.orig_port, resp: row.resp, port: row.resp_port,
    start: Date.parse(row.ts), lasts: row.duration * 1000, rtt: null, sent: row.orig_bytes, received: row.resp_bytes,
    retries: 0, state: row.conn_state, closer: '',
  }));
}

function connectionKey(c) {
  return `${c.orig} ${c.origPort} ${c.resp} ${c.port} ${Math.floor(c.start)}`;
}

function lifelinesOf(connections, withLongest) {
  const keys = new Set(connections.map(connectionKey));
  const all = withLongest ? [...connections, ...longestConnections().filter((c) => !keys.has(connectionKey(c)))] : connections;
  return { all, drawn: tellingConnections(all).sort((a, b) => a.start - b.start) };
}

/// `total`: the connections from which `connections` were sampled.
function drawLifelines(key, connections, total, withLongest) {
  const { all, drawn } = lifelinesOf(connections, withLongest);
  if (drawn.length === 0) return el('p', { class: 'note' }, 'None.');
  const begin = Math.min(...drawn.map((c) => c.start));
  const end = Math.max(...drawn.map((c) => c.start + c.lasts), begin + 1);
  const chart = { drawn, begin, end, from: begin, to: end, width: 0, bars: [], active: -1 };
  chart.axis = el('div', { class: 'lifeline-axis', 'aria-hidden': 'true' });
  chart.host = el('div', { class: 'lifelines', tabindex: 0, role: 'group',
    'aria-label': `${plural(drawn.length, 'connection')} as bars. Arrow keys go from one to the next; the table below has the same.` });
  addLifelineInput(chart);
  onWidth(chart.host, (width) => { chart.width = width; renderLifelines(chart); });
  return el('div', {}, el('p', { class: 'note' }, selectionText(drawn.length, all.length, total)), zoomButtons(chart),
    chart.axis, chart.host, fold(`${key}-table`, 'These connections as a table', connectionsTable(key, drawn)));
}

function selectionText(drawn, sampled, total) {
  if (drawn >= total) return `All ${plural(drawn, 'connection')}. Drag to zoom.`;
  const parts = drawn < sampled ? 'the longest, those that did not end well, and an even choice of the rest'
    : 'the longest, and a random sample of each interval and outcome';
  return `${count(drawn)} of ${plural(total, 'connection')}: ${parts}. Drag to zoom.`;
}

function zoomButtons(chart) {
  const zoom = (factor, shift) => () => {
    const middle = (chart.from + chart.to) / 2 + shift * (chart.to - chart.from);
    const half = Math.min((chart.to - chart.from) * factor, chart.end - chart.begin) / 2;
    const from = Math.max(chart.begin, Math.min(middle - half, chart.end - 2 * half));
    zoomTo(chart, from, from + 2 * half);
  };
  const button = (text, label, action) => el('button', { type: 'button', class: 'plain', 'aria-label': label, onclick: action }, text);
  return el('div', { class: 'tools zoom' }, button('+', 'Zoom in', zoom(0.5, 0)), button('−', 'Zoom out', zoom(2, 0)),
    button('←', 'Earlier', zoom(1, -0.4)), button('→', 'Later', zoom(1, 0.4)),
    button('All', null, () => zoomTo(chart, chart.begin, chart.end)));
}

function zoomTo(chart, from, to) {
  chart.from = from;
  chart.to = Math.max(to, from + 0.001);
  chart.active = -1;
  renderLifelines(chart);
}

/// Places each bar in the first lane that is free.
function packLanes(chart) {
  const scale = chart.width / (chart.to - chart.from);
  const free = [];
  chart.bars = [];
  for (const c of chart.drawn) {
    if (c.start > chart.to || c.start + c.lasts < chart.from) continue;
    const x = Math.max(0, (c.start - chart.from) * scale);
    const right = Math.min(chart.width, Math.max(x + 2.5, (c.start + c.lasts - chart.from) * scale));
    let lane = free.findIndex((until) => until <= x);
    if (lane < 0) lane = free.push(0) - 1;
    free[lane] = right + 1.5;
    chart.bars.push({ c, x, width: Math.max(1.5, right - x), lane });
  }
  return free.length;
}

function renderLifelines(chart) {
  if (chart.width === 0) return;
  const lanes = packLanes(chart);
  const height = Math.max(lanes * kLane, 3 * kLane);
  const picture = svg('svg', { width: chart.width, height, viewBox: `0 0 ${chart.width} ${height}`, 'aria-hidden': 'true' });
  chart.bars.forEach((bar, at) => picture.append(svg('rect', {
    class: `o-${bar.c.outcome}`, x: bar.x.toFixed(1), y: bar.lane * kLane + 1, width: bar.width.toFixed(1), height: kBar, rx: 1, 'data-at': at,
  })));
  chart.zoom = svg('rect', { class: 'selection', y: 0, height, width: 0 });
  picture.append(chart.zoom);
  chart.host.replaceChildren(picture);
  chart.axis.replaceChildren(svg('svg', { width: chart.width, height: 20, viewBox: `0 0 ${chart.width} 20` },
    timeAxis(chart.from, chart.to - chart.from, 0, chart.width, 15)));
}

function addLifelineInput(chart) {
  let from = null;
  const xOf = (event) => event.clientX - chart.host.getBoundingClientRect().left;
  const timeAt = (x) => chart.from + x / chart.width * (chart.to - chart.from);
  chart.host.addEventListener('pointerdown', (event) => { if (event.button === 0) from = xOf(event); });
  chart.host.addEventListener('pointermove', (event) => {
    if (from !== null) {
      chart.zoom.setAttribute('x', Math.min(from, xOf(event)));
      chart.zoom.setAttribute('width', Math.abs(xOf(event) - from));
    }
    const at = event.target.getAttribute && event.target.getAttribute('data-at');
    if (at !== null && chart.bars[at]) tooltip.show(connectionLines(chart.bars[at].c), event.clientX, event.clientY);
    else tooltip.hide();
  });
  const finish = (event) => {
    if (from === null) return;
    const [a, b] = [Math.min(from, xOf(event)), Math.max(from, xOf(event))];
    from = null;
    if (b - a > 6) zoomTo(chart, timeAt(Math.max(0, a)), timeAt(Math.min(chart.width, b)));
  };
  chart.host.addEventListener('pointerup', finish);
  chart.host.addEventListener('pointerleave', (event) => { finish(event); tooltip.hide(); });
  chart.host.addEventListener('blur', () => tooltip.hide());
  chart.host.addEventListener('keydown', (event) => stepLifeline(chart, event));
}

function stepLifeline(chart, event) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === 'Escape') tooltip.hide();
  if (!step || chart.bars.length === 0) return;
  event.preventDefault();
  chart.active = Math.max(0, Math.min(chart.bars.length - 1, chart.active + step));
  const rects = chart.host.querySelectorAll('[data-at]');
  rects.forEach((rect, at) => rect.classList.toggle('active', at === chart.active));
  const rect = rects[chart.active];
  rect.scrollIntoView({ block: 'nearest' });
  const box = rect.getBoundingClientRect();
  tooltip.show(connectionLines(chart.bars[chart.active].c), box.left, box.bottom);
}

function connectionLines(c) {
  return [`${endpoint(c.orig, c.origPort)} → ${endpoint(c.resp, c.port)}`,
    `${kOutcomeNames[c.outcome]} (${c.state}) · ${kOutcomeMeanings[c.outcome]}`,
    `from ${time(c.start)} for ${duration(c.lasts)}`,
    `${bytes(c.sent)} sent, ${bytes(c.received)} received${c.rtt === null ? '' : `, SYN-ACK after ${duration(c.rtt)}`}` +
    `${c.retries ? `, ${plural(c.retries, 'SYN retry', 'SYN retries')}` : ''}`,
    c.closer ? `ended by the ${c.closer}` : ''].filter(Boolean);
}

function connectionsTable(key, rows) {
  return makeTable({
    key: `${key}-connections`, caption: 'Connections', rows, sort: null,
    columns: [column('start', 'Began', { text: time, minor: true }),
      column('orig', 'From', { cell: (c) => hostLink(c.orig, endpoint(c.orig, c.origPort)), value: (c) => endpoint(c.orig, c.origPort) }),
      column('resp', 'To', { cell: (c) => serviceLink(c.resp, c.port, endpoint(c.resp, c.port)), value: (c) => endpoint(c.resp, c.port) }),
      column('outcome', 'Outcome', { text: (o) => kOutcomeNames[o], bad: (c) => kFailures.includes(c.outcome) }),
      column('state', 'State', { minor: true }),
      column('lasts', 'Duration', { number: true, text: duration }),
      column('rtt', 'SYN-ACK', { number: true, text: duration }),
      column('sent', 'Sent', { number: true, text: bytes }), column('received', 'Received', { number: true, text: bytes }),
      column('retries', 'Retries', { number: true, minor: true, text: (n) => n || '' }),
      column('closer', 'Ended by', { minor: true })],
  });
}
