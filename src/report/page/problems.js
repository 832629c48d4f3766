// "Is anything wrong?": findings, the most serious first. Each is a sentence with a link.

/// level: bad, notice or fine.
function finding(level, title, ...details) {
  const word = { bad: 'Problem', notice: 'Notice', fine: 'Fine' }[level];
  return { level, element: el('li', { class: `finding ${level}` }, el('span', { class: 'level' }, word),
    el('div', {}, el('p', {}, title), ...details)) };
}

function findings() {
  const found = [...failureFindings(), ...hangupFindings(), ...scanFindings(), ...changeFindings(), ...lossFindings(), ...approximateFindings()];
  const order = { bad: 0, notice: 1, fine: 2 };
  return found.sort((a, b) => order[a.level] - order[b.level]);
}

/// The verdict of the whole report in one sentence.
function verdict(found) {
  const bad = found.filter((f) => f.level === 'bad').length;
  const c = report.connections;
  const rate = decided(c) ? `${percent(c.established / decided(c))} of attempts were established` : 'no attempt has been decided';
  if (c.total === 0) return 'No connection has been counted.';
  if (bad === 0) return `Nothing stands out: ${rate}.`;
  return `${bad === 1 ? 'One thing needs' : `${bad} things need`} attention; ${rate}.`;
}

/// By cause if the report has causes, else by outcome and pair.
function failureFindings() {
  const c = report.connections;
  if (report.failures && report.failures.length) return failuresByCause(report.failures);
  if (!c.failed) return c.established ? [finding('fine', `No attempt failed; ${established(c)}.`)] : [];
  const others = unexplainedFailures();
  const share = others / Math.max(1, others + c.established);
  const parts = kFailures.filter((o) => c.by_outcome[o]).map((o) => `${count(c.by_outcome[o])} ${kOutcomeNames[o]}`);
  const rows = report.failing || [];
  return [finding(share > 0.02 ? 'bad' : 'notice', `${plural(c.failed, 'attempt')} of ${count(decided(c))} failed: ${parts.join(', ')}.`,
    others < c.failed ? el('p', { class: 'note' }, `Scans and floods account for ${others ? count(c.failed - others) : 'all'} of them; see below.`) : null,
    ...failureTables(rows, others))];
}

/// "12 were established, and the originator aborted 3".
function established(c) {
  const aborted = c.by_outcome.aborted ? `, and the originator aborted ${count(c.by_outcome.aborted)}` : '';
  return `${plural(c.established, 'was', 'were')} established${aborted}`;
}

/// How many attempts failed for each cause; empty if the report has no causes.
function causeTotals() {
  const c = report.connections;
  const causes = Object.entries(c.by_cause || {}).filter(([, n]) => n).sort((a, b) => b[1] - a[1]);
  if (causes.length === 0) return null;
  return el('p', {}, `${plural(c.failed, 'attempt')} of ${count(decided(c))} failed. Causes, also of connections that ended early: ` +
    `${causes.map(([cause, n]) => `${count(n)} ${causeWords(cause)}`).join(', ')}.`);
}

/// The pairs, if few of them explain most failures, else the ports.
function failureTables(rows, failed) {
  const explained = sum(rows.slice(0, kFirstRows).map((row) => row.failed));
  const ports = portTable();
  if (rows.length === 0 || failed === 0) return [];
  if (explained * 2 >= failed) return [failingTable(rows)];
  return [el('p', { class: 'note' }, `No few pairs explain them. By port${sample.complete ? '' : ', estimated from the sample of this page'}:`), ports, fold('failing', 'Pairs with the most failed attempts', failingTable(rows))];
}

/// Failed attempts by port and outcome, except those of scanners, from the sample of the whole time.
function portTable() {
  const scanners = new Set((report.scanners || []).map((s) => s.ip));
  const counted = sample.connections.filter((c) => c.outcome !== 'backscatter' && !scanners.has(c.orig));
  const rows = [...group(counted, (c) => c.port).entries()].map(([port, of]) => {
    const t = tally(of);
    return { port, failed: t.failed, attempts: t.attempts, share: t.attempts ? t.failed / t.attempts : null, ...t.by };
  }).filter((row) => row.failed).sort((a, b) => b.failed - a.failed);
  return makeTable({
    key: 'failing-ports', caption: 'Failed attempts by port', rows,
    columns: [column('port', 'Port', { text: portText }), column('failed', 'Failed', { number: true, bad: () => true }),
      column('attempts', 'Of', { number: true }), column('share', 'Share', { number: true, text: percent }),
      ...kFailures.map((outcome) => column(outcome, kOutcomeNames[outcome], { sparse: true, number: true, minor: true }))],
  });
}

function failingTable(rows) {
  return makeTable({
    key: 'failing', caption: 'Pairs with failed attempts', rows,
    columns: [column('orig', 'From', { cell: (e) => hostLink(e.orig) }),
      column('orig_name', 'Name', { minor: true, value: (e) => about(e.orig).name }),
      column('resp', 'To', { cell: (e) => hostLink(e.resp) }),
      column('resp_name', 'Name', { minor: true, value: (e) => about(e.resp).name }),
      column('port', 'Port', { text: portText, cell: (e) => serviceLink(e.resp, e.port) }),
      column('failed', 'Failed', { number: true, bad: () => true }), column('attempts', 'Of', { number: true }),
      column('cause', 'Cause', { class: 'wrap' })],
  });
}

/// Failed attempts that no scan and no flood accounts for.
function unexplainedFailures() {
  const explained = sum((report.scanners || []).map((s) => s.failed)) + sum((report.floods || []).map((f) => f.attempts));
  return Math.max(0, report.connections.failed - explained);
}

/// The groups, if few of them explain most failures, else the ports and the largest groups.
function failuresByCause(rows) {
  const explained = sum(rows.slice(0, kCauseSentences).map((row) => row.attempts));
  if (explained * 2 >= unexplainedFailures()) return causeFindings(rows);
  const title = `${plural(unexplainedFailures(), 'attempt')} failed, and no few groups explain them. ` +
    `By port${sample.complete ? '' : ', estimated from the sample of this page'}:`;
  return [finding('bad', title, portTable()), ...causeFindings(rows, 3)];
}

const kCauseSentences = 8;

/// A sentence for each group of failures with one cause, and the rest as a table.
function causeFindings(rows, sentences = kCauseSentences) {
  const found = rows.slice(0, sentences).map(causeFinding);
  if (rows.length > sentences) {
    found.push(finding('notice', `${plural(rows.length - sentences, 'more group')} of failed attempts.`,
      fold('failures', 'All groups of failed attempts', causeTable('failures', rows))));
  }
  return found;
}

/// "5 clients of 10.0.0.0/24".
function clientsText(row) {
  return plural(row.clients, 'client') + (row.orig_network ? ` of ${row.orig_network}` : '');
}

function causeFinding(row) {
  const from = row.clients > 1 ? clientsText(row) : hostLink(row.orig, about(row.orig).name || row.orig);
  const to = serviceLink(row.resp, row.port, endpoint(about(row.resp).name || row.resp, row.port));
  const some = row.attempts < row.of;
  const attempts = some ? `${count(row.attempts)} of ${plural(row.of, 'attempt')} ` : `${plural(row.attempts, 'attempt')}, ${row.attempts > 1 ? 'all ' : ''}`;
  const evidence = row.evidence || '';
  const first = Date.parse(row.first), last = Date.parse(row.last);
  const others = (row.other_ports_answering || []).map(portText);
  const facts = [evidence, row.icmp_sender && !evidence.includes('ICMP') ? `ICMP from ${row.icmp_sender}` : '',
    others.length && !evidence.includes('answers on') ? `the host answers on ${others.slice(0, 8).join(', ')}` : '', row.confidence ? `confidence: ${row.confidence}` : ''];
  const level = row.cause === 'backscatter' ? 'notice' : 'bad';
  return finding(level, el('span', {}, from, ' → ', to, `: ${attempts}`, el('b', {}, causeOf(row)),
    first < last ? `, from ${time(first)} to ${time(last)}` : `, at ${time(first)}`),
  el('p', { class: 'note' }, facts.filter(Boolean).join('; ')));
}

/// RFC 792, RFC 1812 and RFC 4443: type, then code.
const kIcmpWords = {
  3: { 0: 'network unreachable', 1: 'host unreachable', 2: 'protocol unreachable', 3: 'port unreachable', 4: 'packet too large',
    9: 'prohibited by a filter', 10: 'prohibited by a filter', 13: 'prohibited by a filter' },
  1: { 0: 'no route', 1: 'prohibited by a filter', 3: 'address unreachable', 4: 'port unreachable', 5: 'prohibited by a filter', 6: 'route rejected' },
};

function causeOf(row) {
  return (row.cause === 'unreachable' && kIcmpWords[row.icmp_type]?.[row.icmp_code]) || causeWords(row.cause);
}

const kCauseWords = {
  refused: 'refused by the host', refused_on_path: 'refused on the way', filtered: 'silently dropped', host_away: 'host away',
  unreachable: 'unreachable', handshake_incomplete: 'handshake not completed', accepted_dropped: 'accepted and dropped',
  mtu_black_hole: 'MTU black hole', reset_on_path: 'reset on the way', backscatter: 'backscatter',
};

function causeWords(cause) {
  return kCauseWords[cause] || String(cause).replace(/_/g, ' ');
}

function causeTable(key, rows) {
  const when = (t) => time(Date.parse(t));
  return makeTable({
    key, caption: 'Failed attempts by cause', rows,
    columns: [column('orig', 'From', { cell: (f) => (f.clients > 1 ? clientsText(f) : hostLink(f.orig)) }),
      column('resp', 'To', { cell: (f) => hostLink(f.resp) }), column('port', 'Port', { text: portText, cell: (f) => serviceLink(f.resp, f.port) }),
      column('attempts', 'Failed', { number: true, bad: () => true }), column('of', 'Of', { number: true }),
      column('cause', 'Cause', { text: (_, row) => causeOf(row), class: 'wrap' }), column('evidence', 'Evidence', { minor: true, class: 'wrap' }),
      column('confidence', 'Confidence', { minor: true }),
      column('first', 'First', { minor: true, text: when }), column('last', 'Last', { minor: true, text: when })],
  });
}

function scanFindings() {
  const found = [];
  const scanners = report.scanners || [], floods = report.floods || [];
  for (const f of floods.slice(0, 5)) {
    found.push(finding('bad', el('span', {}, 'SYN flood of ', serviceLink(f.ip, f.port, endpoint(f.ip, f.port)),
      `: ${plural(f.attempts, 'attempt')} from ${plural(f.sources, 'source')}, up to ${count(f.peak_per_second)} per second, ` +
      `from ${time(Date.parse(f.since))} to ${time(Date.parse(f.until))}.`)));
  }
  if (scanners.length === 0) return found;
  const columns = [column('ip', 'Address', { cell: (s) => hostLink(s.ip) }), column('hostname', 'Name', { minor: true }),
    column('kind', 'Scan'), column('probes', 'Probes', { minor: true }), column('targets', 'Targets', { number: true }),
    column('hosts', 'Hosts', { number: true }), column('ports', 'Ports', { number: true }),
    column('attempts', 'Attempts', { number: true, minor: true }), column('failed', 'Failed', { number: true }),
    column('since', 'Since', { minor: true, text: (t) => time(Date.parse(t)) })];
  found.push(finding('bad', `${plural(scanners.length, 'host')} tried many targets, mostly without success.`,
    makeTable({ key: 'scanners', caption: 'Scanners', columns, rows: scanners })));
  return found;
}

function changeFindings() {
  const rows = report.changes || [];
  if (rows.length === 0) return [];
  return [finding('notice', `${plural(rows.length, 'change')} since the state that the inventory remembers.`,
    genericTable('changes', 'Changes', rows))];
}

function lossFindings() {
  const c = report.capture, p = c.packets;
  const found = [];
  const dropped = p.dropped_kernel + p.dropped_interface;
  if (dropped) {
    const of = p.received + dropped;
    found.push(finding('bad', `${plural(dropped, 'packet')} of ${count(of)} ${dropped === 1 ? 'was' : 'were'} dropped before synfin saw them (${percent(dropped / of)}). ` +
      'Figures of connections that they belonged to may be wrong.'));
  }
  if (p.dropped_ring) {
    found.push(finding('notice', `${plural(p.dropped_ring, 'event')} other than records ${p.dropped_ring === 1 ? 'was' : 'were'} dropped, because the outputs were too slow. ` +
      'Figures of connections are complete.'));
  }
  if (!c.so_far && c.ledger_closes === false) found.push(finding('bad', 'The ledger of packets does not balance; see the last section.'));
  if (p.truncated || p.malformed) {
    found.push(finding('notice', `${plural(p.truncated + p.malformed, 'packet')} could not be decoded: ` +
      `${count(p.truncated)} truncated, ${count(p.malformed)} malformed.`));
  }
  if (p.unsupported_link) found.push(finding('notice', `${plural(p.unsupported_link, 'packet has', 'packets have')} a link type that synfin does not decode.`));
  for (const sentence of [...(c.damage || []), ...(c.gaps || [])]) found.push(finding('bad', sentence));
  for (const sentence of c.remarks || []) found.push(finding('notice', sentence));
  if (report.connections.evicted) {
    found.push(finding('notice', `${plural(report.connections.evicted, 'connection')} ended early because the table was full; ` +
      '--max-connections sets its size.'));
  }
  if (found.length === 0 && p.received && !c.so_far) found.push(finding('fine', 'No packet was lost, and every packet is accounted for.'));
  return found;
}

function approximateFindings() {
  if (!report.approximate) return [];
  const parts = Object.entries(report.approximations).filter(([, on]) => on === true).map(([name]) => name);
  return [finding('notice', `Some figures are approximate (${parts.join(', ')}), because there were more than ` +
    `${count(report.approximations.max_hosts)} keys; --max-hosts sets the bound.`)];
}
