// Who talks to whom: a matrix of originators and responders, which is a table itself.

const kMatrixRows = 12;
const kMatrixColumns = 8;
const kOthers = 'others';

const kMatrixFrom = { network: ['networks', (e) => networkOf(e.orig)], host: ['hosts', (e) => e.orig] };
const kMatrixTo = {
  service: ['service ports', (e) => portText(e.port)], network: ['networks', (e) => networkOf(e.resp)], host: ['hosts', (e) => e.resp],
};

function drawMatrix() {
  const place = el('div', {});
  const draw = () => {
    const from = state.choices['matrix-from'] ?? 'network', to = state.choices['matrix-to'] ?? 'service';
    place.replaceChildren(matrixTable(kMatrixFrom[from][1], kMatrixTo[to][1], from, to));
  };
  draw();
  const pairs = plural(view.edges.length, 'pair');
  const note = view.whole
    ? `Counts the attempts of the ${pairs} of originator and service with the most attempts. Sources of floods are left out.`
    : basis();
  return el('div', {}, el('p', { class: 'note' }, note),
    el('div', { class: 'tools' },
      choice('matrix-from', 'From', Object.entries(kMatrixFrom).map(([k, [text]]) => [k, text]), 'network', draw),
      choice('matrix-to', 'to', Object.entries(kMatrixTo).map(([k, [text]]) => [k, text]), 'service', draw)),
    place, fold('edges', 'All pairs as a table', edgesTable('edges', view.edges)));
}

/// The keys with the most attempts, and `others` if there are more.
function leading(totals, most) {
  const keys = [...totals.entries()].sort((a, b) => b[1] - a[1]).map(([key]) => key);
  return keys.length <= most ? keys : [...keys.slice(0, most - 1), kOthers];
}

function matrixTable(rowOf, columnOf, from, to) {
  if (view.edges.length === 0) return el('p', { class: 'note' }, 'None.');
  const totals = { rows: new Map(), columns: new Map() };
  const add = (map, key, n) => map.set(key, (map.get(key) || 0) + n);
  for (const e of view.edges) {
    add(totals.rows, rowOf(e), e.attempts);
    add(totals.columns, columnOf(e), e.attempts);
  }
  const rows = leading(totals.rows, kMatrixRows), columns = leading(totals.columns, kMatrixColumns);
  const cells = new Map();
  for (const e of view.edges) {
    const row = rows.includes(rowOf(e)) ? rowOf(e) : kOthers, col = columns.includes(columnOf(e)) ? columnOf(e) : kOthers;
    const cell = cells.get(`${row}\n${col}`) || { attempts: 0, failed: 0, bytes: 0 };
    cell.attempts += e.attempts;
    cell.failed += e.failed;
    cell.bytes += e.bytes;
    cells.set(`${row}\n${col}`, cell);
  }
  const most = Math.max(1, ...[...cells.values()].map((c) => c.attempts));
  const head = el('tr', {}, el('th', { scope: 'col' }, 'From \\ to'),
    columns.map((c) => el('th', { scope: 'col', class: 'number' }, to === 'host' && c !== kOthers ? hostLink(c) : c)));
  const body = rows.map((r) => el('tr', {},
    el('th', { scope: 'row' }, from === 'host' && r !== kOthers ? hostLink(r) : r),
    columns.map((c) => matrixCell(cells.get(`${r}\n${c}`), most, r, c))));
  return el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Table: who talks to whom' },
    el('table', { class: 'matrix' }, el('caption', { class: 'hidden' }, 'Attempts from each row to each column'),
      el('thead', {}, head), el('tbody', {}, body)),
    el('p', { class: 'note key' }, 'A darker cell has more attempts. The red line is the share of them that failed.'));
}

function matrixCell(cell, most, row, col) {
  if (!cell) return el('td', { class: 'number' });
  const share = cell.failed / Math.max(1, cell.attempts);
  const element = el('td', {
    class: 'number cell', title: `${row} → ${col}: ${plural(cell.attempts, 'attempt')}, ${count(cell.failed)} failed, ${bytes(cell.bytes)}`,
  }, count(cell.attempts), cell.failed > 0 ? el('span', { class: 'hidden' }, `, ${percent(share)} failed`) : null,
  cell.failed > 0 ? el('i', { class: 'failed' }) : null);
  element.style.setProperty('--heat-share', String(0.06 + 0.3 * Math.log1p(cell.attempts) / Math.log1p(most)));
  element.style.setProperty('--failed', `${Math.max(4, share * 100)}%`);
  return element;
}

function edgesTable(key, rows, caption) {
  return makeTable({
    key, caption: caption || 'Pairs of originator and service', rows,
    columns: [column('orig', 'From', { cell: (e) => hostLink(e.orig) }),
      column('orig_name', 'Name', { minor: true, value: (e) => about(e.orig).name }),
      column('resp', 'To', { cell: (e) => hostLink(e.resp) }),
      column('resp_name', 'Name', { minor: true, value: (e) => about(e.resp).name }),
      column('port', 'Port', { text: portText, cell: (e) => serviceLink(e.resp, e.port) }),
      column('attempts', 'Attempts', { number: true, text: estimate }), column('established', 'Established', { number: true, minor: true }),
      column('failed', 'Failed', { number: true, sparse: true, bad: (e) => e.failed > 0 }),
      column('bytes', 'Bytes', { number: true, text: bytes }),
      column('p50', 'SYN-ACK p50', { number: true, minor: true, value: (e) => e.synack_rtt_ms.p50, text: duration }),
      column('p99', 'p99', { number: true, minor: true, value: (e) => e.synack_rtt_ms.p99, text: duration })],
  });
}
