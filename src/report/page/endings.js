// Who hangs up, idle timers, ports that run out, and handshake times over time.

const kHangups = report.hangups || {};
const kHandshakes = report.handshakes || {};

/// Idle timers, exhausted ports, and handshakes that became slower.
function hangupFindings() {
  const found = [];
  for (const t of kHangups.idle_timers || []) {
    const of = t.resp ? [' to ', serviceLink(t.resp, t.port, endpoint(t.resp, t.port))] : [' to several hosts'];
    found.push(finding('bad', el('span', {}, plural(t.resets, 'connection'), of,
      ` ${t.resets === 1 ? 'was' : 'were'} reset after ${+t.seconds.toFixed(1)} s ± ${+t.plus_minus_seconds.toFixed(1)} s of silence: probably an idle timer on the path.`)));
  }
  for (const p of kHangups.port_pressure || []) {
    found.push(finding(p.exhausted ? 'bad' : 'notice', el('span', {}, hostLink(p.orig), ' opened ', plural(p.per_minute, 'connection'), ' to ',
      serviceLink(p.resp, p.port, endpoint(p.resp, p.port)), ` in the minute of ${time(Date.parse(p.minute))}`,
      p.reused ? `; ${plural(p.reused, 'port was', 'ports were')} used again at once` : '',
      p.in_time_wait ? `; ${plural(p.in_time_wait, 'port was', 'ports were')} used again in TIME-WAIT` : '', p.exhausted ? ': more than the usual range of ports.' : '.')));
  }
  for (const h of [...(kHandshakes.services || []), ...(kHandshakes.networks || [])].filter((row) => row.shift)) {
    const what = h.network || serviceLink(h.resp, h.port, endpoint(h.resp, h.port));
    found.push(finding('notice', el('span', {}, 'Handshakes of ', what, ` changed at ${time(Date.parse(h.shift.at))}: ` +
      `the median was ${duration(h.shift.before_ms)} before and ${duration(h.shift.after_ms)} after.`)));
  }
  return found;
}

/// Who ends connections, by service: of all connections if the report knows it, else from the sample.
function drawHangups() {
  const known = view.whole && Array.isArray(kHangups.closers);
  const rows = known ? kHangups.closers.map((c) => ({ ...c, ip: c.resp })) : closersOf(view.connections);
  const basisText = known || view.exact ? 'Counts every connection that ended'
    : `Estimated from ${count(view.connections.length)} sampled connections of ${count(view.total)}`;
  return el('div', {}, el('p', { class: 'note' }, `${basisText}, by the side that sent the first FIN or the RST.`), makeTable({
    key: 'closers', caption: 'Who ends connections', rows, empty: 'No connection has ended.',
    columns: [column('ip', 'Address', { cell: (s) => hostLink(s.ip) }),
      column('port', 'Port', { text: portText, cell: (s) => serviceLink(s.ip, s.port) }),
      column('ended', 'Ended', { number: true, text: estimate }), column('fin_by_orig', 'FIN by originator', { number: true, sparse: true }),
      column('fin_by_resp', 'FIN by responder', { number: true, sparse: true }),
      column('rst_by_orig', 'RST by originator', { number: true, sparse: true }),
      column('rst_by_resp', 'RST by responder', { number: true, sparse: true, bad: (s) => s.rst_by_resp > 0 })],
  }));
}

function closersOf(connections) {
  const ended = connections.filter((c) => c.closer && (c.outcome === 'closed' || c.outcome === 'reset'));
  return [...group(ended, (c) => endpoint(c.resp, c.port)).values()].map((of) => {
    const n = (outcome, closer) => sum(of.filter((c) => c.outcome === outcome && c.closer === closer).map((c) => c.weight));
    return {
      ip: of[0].resp, port: of[0].port, ended: sum(of.map((c) => c.weight)), sampled: of.length, fin_by_orig: n('closed', 'originator'),
      fin_by_resp: n('closed', 'responder'), rst_by_orig: n('reset', 'originator'), rst_by_resp: n('reset', 'responder'),
    };
  }).sort((a, b) => b.ended - a.ended);
}

/// Handshake times of services and networks, with their medians over time.
function drawHandshakes() {
  const known = { services: kHandshakes.services || [], networks: kHandshakes.networks || [] };
  if (known.services.length + known.networks.length === 0) return null;
  const rows = view.whole ? known : {
    services: handshakesOf((c) => endpoint(c.resp, c.port), (c) => ({ resp: c.resp, port: c.port }), known.services, (h) => endpoint(h.resp, h.port)),
    networks: handshakesOf((c) => networkOf(c.resp), (c) => ({ network: networkOf(c.resp) }), known.networks, (h) => h.network),
  };
  const parts = [['services', 'Services'], ['networks', 'Networks']].filter(([key]) => known[key].length);
  return el('div', {}, view.whole ? null : el('p', { class: 'note' }, basis()),
    el('p', { class: 'note' }, `The line is the median of each ${duration(kHandshakes.window_seconds * 1000)}; its height is relative to the row.`),
    parts.map(([key, title]) => [el('h3', {}, title), handshakeTable(key, title, rows[key])]));
}

function handshakeTable(key, title, rows) {
  const rtt = (name) => ({ number: true, value: (h) => h.synack_rtt_ms[name], text: duration });
  return makeTable({
    key: `handshakes-${key}`, caption: `Handshake times of ${title.toLowerCase()}`, rows, empty: 'No handshake was timed.',
    columns: [column('network', 'Network'), column('resp', 'Address', { cell: (h) => (h.resp ? hostLink(h.resp) : '') }),
      column('port', 'Port', { text: (p) => (p === undefined ? '' : portText(p)), cell: (h) => (h.resp ? serviceLink(h.resp, h.port) : '') }),
      column('samples', 'Handshakes', { number: true, text: estimate }), column('p50', 'p50', rtt('p50')), column('p90', 'p90', rtt('p90')), column('p99', 'p99', rtt('p99')),
      column('trend', 'Median over time', { minor: true, value: () => '', cell: (h) => sparkLine(h.windows || []) }),
      column('syn_retries', 'SYN retries', { number: true, minor: true, sparse: true }),
      column('retransmitting', 'Retransmitting', { number: true, minor: true, sparse: true }),
      column('shift', 'Shift', { value: (h) => (h.shift ? h.shift.at : ''), minor: true,
        text: (at, h) => (h.shift ? `${duration(h.shift.before_ms)} → ${duration(h.shift.after_ms)} at ${time(Date.parse(at))}` : '') })]
      .filter((c) => !['network', 'resp', 'port', 'syn_retries', 'retransmitting'].includes(c.key) || rows.some((row) => row[c.key] !== undefined)),
  });
}

function sparkLine(windows) {
  const points = windows.filter((w) => w.p50 !== null).map((w) => [Date.parse(w.start), w.p50]);
  if (points.length < 2) return '';
  const from = points[0][0], span = points[points.length - 1][0] - from, most = Math.max(...points.map((p) => p[1]));
  const line = points.map(([t, ms]) => `${(1 + 118 * (t - from) / span).toFixed(1)},${(17 - 15 * ms / most).toFixed(1)}`).join(' ');
  return svg('svg', { width: 120, height: 18, role: 'img', 'aria-label': `from ${duration(points[0][1])} to ${duration(points[points.length - 1][1])}` },
    svg('polyline', { class: 'spark', points: line }));
}
