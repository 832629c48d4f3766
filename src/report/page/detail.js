// The pages of a host and of a service, within the file.

/// A list of facts: [name, text or element], …; empty ones are left out.
function facts(pairs) {
  return el('dl', { class: 'facts' }, pairs.filter(([, value]) => !isBlank(value))
    .map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value))));
}

function detailPage(title, subtitle, ...parts) {
  return el('main', { id: 'main', tabindex: -1 }, el('p', { class: 'back' }, el('a', { href: '#top' }, '← Whole report')),
    el('h1', {}, title), subtitle ? el('p', { class: 'subtitle' }, subtitle) : null,
    view.whole ? null : el('p', { class: 'note' }, basis()), ...parts);
}

function section(id, title, ...children) {
  return el('section', { id, 'aria-labelledby': `${id}-title` }, el('h2', { id: `${id}-title` }, title), ...children);
}

function addressSubtitle(ip) {
  const known = about(ip);
  const name = known.name ? `${known.name}${known.confirmed ? '' : ' (not confirmed)'}` : '';
  const network = known.asn ? `AS${known.asn} ${known.organization}` : networkOf(ip);
  return [name, known.country, network].filter(Boolean).join(' · ');
}

function boundNote(found, what) {
  return found ? null : el('p', { class: 'note' }, `This ${what} is not among the ${count(more.limits.rows)} that the tables of this page list; ` +
    'what follows is from the sample.');
}

function hostPage(ip) {
  const row = (view.hosts || []).find((h) => h.ip === ip) || (report.hosts || []).find((h) => h.ip === ip);
  const connections = view.connections.filter((c) => c.orig === ip || c.resp === ip);
  const t = tally(connections);
  const as = (key) => view.edges.filter((e) => e[key] === ip);
  const services = view.services.filter((s) => s.ip === ip);
  const failures = (report.failures || []).filter((f) => f.orig === ip || f.resp === ip);
  const scanner = (report.scanners || []).find((s) => s.ip === ip);
  return detailPage(ip, addressSubtitle(ip), boundNote(row, 'host'),
    scanner ? el('ul', { class: 'findings' }, finding('bad', `This host scans: ${plural(scanner.targets, 'target')}, ` +
      `${plural(scanner.hosts, 'host')}, ${plural(scanner.ports, 'port')}, ${count(scanner.failed)} attempts failed.`).element) : null,
    failures.length ? el('ul', { class: 'findings' }, causeFindings(failures).map((f) => f.element)) : null,
    facts([['Connections begun', row ? count(row.as_originator) : ''], ['Connections as responder', row ? count(row.as_responder) : ''],
      ['Failed', row ? count(row.failed) : ''], ['Sent', bytes(row ? row.bytes_sent : t.sent)],
      ['Received', bytes(row ? row.bytes_received : t.received)], ['Peers', row ? count(row.peers) : ''],
      ['First seen', row ? time(Date.parse(row.first_seen)) : ''], ['Last seen', row ? time(Date.parse(row.last_seen)) : '']]),
    services.length ? section('host-services', 'Its services', servicesTable(`services of ${ip}`, services)) : null,
    section('host-out', 'Connects to', edgesTable(`from ${ip}`, as('orig'), `Services that ${ip} connects to`)),
    section('host-in', 'Is connected by', edgesTable(`to ${ip}`, as('resp'), `Hosts that connect to ${ip}`)),
    section('host-lifelines', 'Lifelines', drawLifelines(`host ${ip}`, connections, Math.round(sum(connections.map((c) => c.weight))), false)));
}

function servicesTable(key, rows) {
  return makeTable({
    key, caption: 'Services', rows,
    columns: [column('port', 'Port', { text: portText, cell: (s) => serviceLink(s.ip, s.port) }), column('attempts', 'Attempts', { number: true }),
      column('success_rate', 'Success', { number: true, cell: successCell }), column('clients', 'Clients', { number: true }),
      column('bytes', 'Bytes', { number: true, text: bytes }),
      column('p50', 'SYN-ACK p50', { number: true, value: (s) => s.synack_rtt_ms.p50, text: duration }),
      column('p99', 'p99', { number: true, minor: true, value: (s) => s.synack_rtt_ms.p99, text: duration })],
  });
}

function servicePage(name) {
  const at = name.lastIndexOf(':');
  const ip = name.slice(0, at).replace(/^\[|\]$/g, ''), port = Number(name.slice(at + 1));
  const is = (s) => s.ip === ip && s.port === port;
  const row = view.services.find(is) || report.services.find(is);
  const connections = view.connections.filter((c) => c.resp === ip && c.port === port);
  const t = tally(connections);
  const outcomes = kStackOrder.filter((o) => t.by[o]).reverse().map((o) => ({ outcome: o, connections: t.by[o] }));
  const failures = (report.failures || []).filter((f) => f.resp === ip && f.port === port);
  return detailPage(endpoint(ip, port), [portName(port), addressSubtitle(ip)].filter(Boolean).join(' · '), boundNote(row, 'service'),
    failures.length ? el('ul', { class: 'findings' }, causeFindings(failures).map((f) => f.element)) : null,
    facts([['Host', hostLink(ip)], ['Attempts', row ? count(row.attempts) : ''], ['Success', row ? percent(row.success_rate) : ''],
      ['Clients', row ? count(row.clients) : ''], ['Bytes', bytes(row ? row.bytes : t.bytes)],
      ['SYN-ACK p50', row ? duration(row.synack_rtt_ms.p50) : ''], ['SYN-ACK p99', row ? duration(row.synack_rtt_ms.p99) : '']]),
    section('service-handshakes', 'Handshake times', handshakeChart(connections)),
    section('service-outcomes', 'Outcomes', makeTable({
      key: `outcomes of ${name}`, caption: 'Outcomes', rows: outcomes,
      columns: [column('outcome', 'Outcome', { text: (o) => kOutcomeNames[o] }), column('connections', view.exact ? 'Connections' : 'Connections (estimate)', { number: true }),
        column('meaning', 'Meaning', { minor: true, class: 'wrap', value: (r) => kOutcomeMeanings[r.outcome] })],
    })),
    section('service-in', 'Clients', edgesTable(`clients of ${name}`, view.edges.filter((e) => e.resp === ip && e.port === port), `Clients of ${name}`)),
    section('service-lifelines', 'Lifelines', drawLifelines(`service ${name}`, connections, Math.round(sum(connections.map((c) => c.weight))), false)));
}

/// The distribution of SYN-ACK times: bars whose widths grow by the same factor.
function handshakeChart(connections) {
  const rtts = connections.filter((c) => c.rtt !== null && c.rtt > 0);
  if (rtts.length === 0) return el('p', { class: 'note' }, 'No handshake was timed.');
  const perDecade = 8;
  const bars = new Map();
  for (const c of rtts) {
    const bar = Math.floor(Math.log10(c.rtt) * perDecade);
    bars.set(bar, (bars.get(bar) || 0) + c.weight);
  }
  const first = Math.min(...bars.keys()) - 1, last = Math.max(...bars.keys()) + 1;
  const rows = [];
  for (let bar = first; bar <= last; ++bar)
    rows.push({ from: 10 ** (bar / perDecade), to: 10 ** ((bar + 1) / perDecade), connections: bars.get(bar) || 0 });
  const host = el('div', { class: 'chart' });
  onWidth(host, (width) => host.replaceChildren(handshakeSvg(rows, width)));
  return el('div', {}, host, el('p', { class: 'note' }, `From ${plural(rtts.length, 'connection')} of this page; the scale is logarithmic.`),
    fold('handshakes', 'Figures of this chart', makeTable({
      key: 'handshake-times', caption: 'Handshake times', rows: rows.filter((r) => r.connections),
      columns: [column('from', 'From', { text: duration }), column('to', 'To', { text: duration }), column('connections', 'Connections', { number: true })],
    })));
}

function handshakeSvg(rows, width) {
  const height = 110, bottom = 18, step = Math.min(28, (width - 10) / rows.length);
  const most = Math.max(...rows.map((r) => r.connections));
  const chart = svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': `Distribution of SYN-ACK times from ${duration(rows[0].from)} to ${duration(rows[rows.length - 1].to)}` });
  const every = Math.ceil(64 / step);
  rows.forEach((row, at) => {
    const h = row.connections / most * (height - bottom - 4);
    chart.append(svg('rect', { class: 'o-closed', x: 4 + at * step, y: height - bottom - h, width: Math.max(1, step - 1), height: Math.max(row.connections ? 1.5 : 0, h) },
      svg('title', {}, `${duration(row.from)} to ${duration(row.to)}: ${count(row.connections)}`)));
    if (at % every === 0) chart.append(svg('text', { class: 'axis', x: 4 + at * step, y: height - 4 }, duration(row.from)));
  });
  chart.append(svg('line', { class: 'grid', x1: 0, x2: width, y1: height - bottom, y2: height - bottom }));
  return chart;
}
