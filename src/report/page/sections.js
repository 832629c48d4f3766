// The sections of the first page.

function drawServices() {
  const rows = view.services;
  return el('div', {}, view.whole ? null : el('p', { class: 'note' }, basis()), makeTable({
    key: 'services', caption: 'Services', rows, of: view.whole ? null : undefined,
    columns: [column('ip', 'Address', { cell: (s) => hostLink(s.ip) }), column('hostname', 'Name', { minor: true }),
      column('port', 'Port', { text: portText, cell: (s) => serviceLink(s.ip, s.port) }),
      column('attempts', 'Attempts', { number: true, text: estimate }),
      column('success_rate', 'Success', { number: true, cell: successCell }),
      column('refused', 'Refused', { number: true, minor: true, sparse: true }),
      column('unanswered', 'No answer', { number: true, minor: true, sparse: true }),
      column('unreachable', 'Unreachable', { number: true, minor: true, sparse: true }),
      column('half_open', 'Half-open', { number: true, minor: true, sparse: true }),
      column('aborted', 'Aborted', { number: true, minor: true, sparse: true }),
      column('clients', 'Clients', { number: true, minor: true }), column('bytes', 'Bytes', { number: true, text: bytes }),
      column('p50', 'Handshake', { value: (s) => s.synack_rtt_ms.p50, cell: rttCell(rows), class: 'rtt' }),
      column('p99', 'p99', { number: true, minor: true, value: (s) => s.synack_rtt_ms.p99, text: duration })],
  }));
}

function successCell(s) {
  if (s.success_rate === null) return '';
  const bar = el('span', { class: `rate ${s.success_rate < 0.5 ? 'low' : ''}`, 'aria-hidden': 'true' }, el('i', {}));
  bar.firstChild.style.width = `${s.success_rate * 100}%`;
  return [percent(s.success_rate), ' ', bar];
}

/// A line from p50 to p99 on a logarithmic scale that all rows share.
function rttCell(rows) {
  const all = rows.flatMap((s) => [s.synack_rtt_ms.p50, s.synack_rtt_ms.p99]).filter((ms) => ms !== null && ms > 0);
  const low = Math.log(Math.min(...all, 1)), high = Math.log(Math.max(...all, 1));
  const at = (ms) => (high > low ? 60 * (Math.log(Math.max(ms, 1e-3)) - low) / (high - low) : 30);
  return (s) => {
    const { p50, p99 } = s.synack_rtt_ms;
    if (p50 === null) return '';
    const x = Math.max(2, at(p50) + 2), to = Math.max(x + 1, at(p99) + 2);
    return el('span', { class: 'rtt' }, el('span', {}, duration(p50)), svg('svg', { width: 64, height: 10, 'aria-hidden': 'true' },
      svg('line', { class: 'grid', x1: 0, x2: 64, y1: 5, y2: 5 }), svg('line', { class: 'range', x1: x, x2: to, y1: 5, y2: 5 }),
      svg('circle', { class: 'median', cx: x, cy: 5, r: 2.5 })));
  };
}

function drawHosts() {
  const seen = (t) => time(Date.parse(t));
  return el('div', {}, view.whole ? null : el('p', { class: 'note' }, basis()), makeTable({
    key: 'hosts', caption: 'Hosts', rows: view.hosts,
    columns: [column('ip', 'Address', { cell: (h) => hostLink(h.ip) }), column('hostname', 'Name', {}),
      column('country', 'CC', { minor: true }), column('as_org', 'Network', { minor: true, class: 'long' }),
      column('as_originator', 'Began', { number: true, sparse: true }), column('as_responder', 'As responder', { number: true, sparse: true }),
      column('sampled', 'Sampled', { number: true }),
      column('failed', 'Failed', { number: true, sparse: true }),
      column('bytes_sent', 'Sent', { number: true, text: bytes }), column('bytes_received', 'Received', { number: true, text: bytes }),
      column('peers', 'Peers', { number: true, minor: true }),
      column('first_seen', 'First', { minor: true, text: seen }), column('last_seen', 'Last', { minor: true, text: seen })],
  }));
}

function placesTable(key, caption, rows, first) {
  return makeTable({
    key, caption, rows,
    columns: [...first, column('hosts', 'Hosts', { number: true }), column('connections', 'Connections', { number: true, text: estimate }),
      column('failed', 'Failed', { number: true, sparse: true }), column('bytes_sent', 'Sent', { number: true, text: bytes }),
      column('bytes_received', 'Received', { number: true, text: bytes })],
  });
}

/// Countries and networks of the selection, and processes, as far as the report has them.
function drawPlaces() {
  const parts = [];
  const note = view.whole ? null : el('p', { class: 'note' }, basis());
  if (report.countries.length) parts.push(el('h3', {}, 'Countries'), placesTable('countries', 'Countries', countries(), [column('country', 'Country')]));
  if (report.networks.length) {
    parts.push(el('h3', {}, 'Networks'), placesTable('networks', 'Networks', networks(),
      [column('asn', 'AS', { text: (n) => `AS${n}` }), column('as_org', 'Organization', { class: 'long' })]));
  }
  if (parts.length && note) parts.unshift(note);
  if (Array.isArray(report.processes) && report.processes.length) {
    parts.push(el('h3', {}, 'Processes'), view.whole ? '' : el('p', { class: 'note' }, 'Of the whole time: the page does not contain the processes of an interval.'),
      genericTable('processes', 'Processes', report.processes));
  }
  return parts.length ? el('div', {}, parts) : null;
}

const kLogWords = { records: 'read', filtered: 'filtered out', not_tcp: 'of other protocols', unreadable: 'not readable' };
const kLedgerWords = {
  received: 'received', decoded: 'decoded', not_tcp: 'not TCP', fragments: 'fragments', truncated: 'truncated', malformed: 'malformed',
  unsupported_link: 'of an unsupported link type', copies: 'copies', late: 'late', filtered: 'filtered out',
  dropped_kernel: 'dropped by the kernel', dropped_interface: 'dropped by the interface',
};

/// The share of the packets received; of dropped packets, of all that arrived.
function ledgerShare(packets, key) {
  const dropped = packets.dropped_kernel + packets.dropped_interface;
  const whole = packets.received + (key.startsWith('dropped_') ? dropped : 0);
  return whole ? packets[key] / whole : null;
}

function drawLedger() {
  const c = report.capture, p = c.packets;
  const sentence = c.log ? 'The input consists of connection logs, so that nothing is known about packets.'
    : c.so_far ? 'The capture continues; the ledger is complete when it ends.'
    : c.ledger_closes ? 'The ledger balances: every packet received is counted below. Dropped packets were never received.'
      : 'The ledger does not balance.';
  const rows = c.log ? Object.keys(kLogWords).map((key) => ({ what: kLogWords[key], packets: c.log[key], share: null }))
    : Object.keys(kLedgerWords).filter((key) => p[key] || key === 'received' || (key === 'decoded' && !c.so_far))
    .map((key) => ({ what: kLedgerWords[key], packets: p[key], share: ledgerShare(p, key) }));
  const states = Object.entries(report.connections.by_state).filter(([, n]) => n).map(([name, n]) => ({ state: name, connections: n }));
  return el('div', {}, el('p', { class: 'note' }, sentence), makeTable({
    key: 'ledger', caption: c.log ? 'Records' : 'Packets', rows,
    columns: [column('what', c.log ? 'Records' : 'Packets'), column('packets', 'Number', { number: true }), column('share', 'Share', { number: true, text: percent })],
  }), fold('states', 'Connections by state',
    makeTable({ key: 'states', caption: 'States', rows: states, columns: [column('state', 'conn_state'), column('connections', 'Connections', { number: true })] })),
  ...(report.attributions || []).map((line) => el('p', { class: 'note' }, line)));
}

/// Tables that have no section of their own: those of views, and those of later versions.
const kShown = new Set(['services', 'edges', 'hosts', 'countries', 'networks', 'scanners', 'longest', 'changes', 'largest', 'failing',
  'floods', 'attributions', 'failures', 'processes']);

function otherTables() {
  return Object.entries(report).filter(([key, rows]) => !kShown.has(key) && Array.isArray(rows) && rows.length && typeof rows[0] === 'object');
}

function largestTable() {
  return makeTable({
    key: 'largest', caption: 'Largest connections', rows: report.largest,
    columns: [column('orig', 'From', { cell: (c) => hostLink(c.orig, endpoint(c.orig, c.orig_port)) }),
      column('resp', 'To', { cell: (c) => serviceLink(c.resp, c.resp_port, endpoint(c.resp, c.resp_port)) }),
      column('orig_bytes', 'Sent', { number: true, text: bytes }), column('resp_bytes', 'Received', { number: true, text: bytes }),
      column('duration', 'Duration', { number: true, text: (s) => duration(s * 1000) }),
      column('conn_state', 'State', { minor: true }), column('outcome', 'Outcome', { minor: true, text: (o) => kOutcomeNames[o] }),
      column('ts', 'Began', { minor: true, text: (t) => time(Date.parse(t)) })],
  });
}
