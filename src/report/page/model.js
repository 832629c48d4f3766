// The sampled connections, and the figures of the selected interval.
//
// Without a selection all figures are those of the report, which counted every connection. With
// one they are sums over the sampled connections of the interval, each of which stands for
// `weight` connections: those of its interval and outcome ÷ those of them in the sample. The
// counts of each interval and outcome are always exact.

const kAddresses = more.addresses || [];
const kNetworks = more.networks || [];
const sample = decodeSample(more.sample);

function decodeSample(data) {
  const decoded = { total: 0, start: 0, width: 1, buckets: [], connections: [], complete: true };
  if (!data) return decoded;
  decoded.total = data.total;
  decoded.start = data.start_ms;
  decoded.width = data.width_ms;
  data.buckets.forEach((strata, at) => {
    const bucket = { counts: {}, bytes: 0, begin: data.start_ms + at * data.width_ms };
    for (const [outcome, n, size, rows] of strata) {
      const name = more.outcomes[outcome];
      bucket.counts[name] = n;
      bucket.bytes += size;
      if (rows.length !== n) decoded.complete = false;
      for (const row of rows) decoded.connections.push(decodeConnection(row, name, at, bucket.begin, n / rows.length));
    }
    decoded.buckets.push(bucket);
  });
  return decoded;
}

function decodeConnection(row, outcome, bucket, begin, weight) {
  const [orig, origPort, resp, respPort, start, lasts, rtt, sent, received, retries, stateIndex, closer] = row;
  return {
    outcome, bucket, weight, orig: kAddresses[orig][0], origPort, resp: kAddresses[resp][0], port: respPort,
    start: begin + start / 1000, lasts: lasts / 1000, rtt: rtt < 0 ? null : rtt / 1000, sent, received,
    retries, state: more.states[stateIndex], closer: ['', 'originator', 'responder'][closer],
  };
}

/// Name, country and network of each address that the report or the sample describes.
const kAbout = new Map();

function learnAddresses() {
  for (const [ip, country, network] of kAddresses) {
    const [asn, organization] = network === undefined ? [0, ''] : kNetworks[network];
    kAbout.set(ip, { name: '', confirmed: false, country: country || '', asn, organization });
  }
  const learn = (row, ip, prefix) => {
    if (typeof ip !== 'string') return;
    const about = kAbout.get(ip) || { name: '', confirmed: false, country: '', asn: 0, organization: '' };
    about.name = row[`${prefix}hostname`] || about.name;
    about.confirmed = row[`${prefix}hostname_confirmed`] || about.confirmed;
    about.country = row[`${prefix}country`] || about.country;
    about.asn = row[`${prefix}asn`] || about.asn;
    about.organization = row[`${prefix}as_org`] || about.organization;
    kAbout.set(ip, about);
  };
  const tables = [report, report.hangups, report.handshakes].flatMap((part) => Object.values(part || {})).filter(Array.isArray);
  for (const rows of tables) {
    for (const row of rows) {
      if (!row || typeof row !== 'object') continue;
      if (row.ip !== undefined) learn(row, row.ip, '');
      if (row.orig !== undefined) learn(row, row.orig, 'orig_');
      if (row.resp !== undefined) learn(row, row.resp, 'resp_');
    }
  }
}

function about(ip) {
  return kAbout.get(ip) || { name: '', confirmed: false, country: '', asn: 0, organization: '' };
}

function portName(port) {
  if (!kPortNames) {
    kPortNames = { ...more.ports };
    for (const s of report.services || []) if (s.name) kPortNames[s.port] = s.name;
  }
  return kPortNames[port] || '';
}
let kPortNames = null;

function portText(port) {
  const name = portName(port);
  return name ? `${port} ${name}` : String(port);
}

/// The network of an address: its AS if it is known, else its prefix.
function networkOf(ip) {
  const { asn, organization } = about(ip);
  if (asn) return `AS${asn} ${organization}`.trim();
  if (!ip.includes(':')) return `${ip.split('.').slice(0, 3).join('.')}.0/24`;
  const halves = ip.split('::');
  const head = halves[0] ? halves[0].split(':') : [];
  while (halves.length === 2 && head.length < 3) head.push('0');
  return `${head.slice(0, 3).join(':')}::/48`;
}

/// The selected buckets as [first, last], or null if all are.
function selectedBuckets() {
  if (state.from === null || sample.buckets.length === 0) return null;
  const clamp = (at) => Math.max(0, Math.min(sample.buckets.length - 1, at));
  const first = clamp(Math.round((state.from - sample.start) / sample.width));
  const last = clamp(Math.round((state.to - sample.start) / sample.width) - 1);
  return [first, Math.max(first, last)];
}

/// The figures of the selection.
let view = null;

function updateView() {
  const range = selectedBuckets();
  const inRange = (at) => range === null || (at >= range[0] && at <= range[1]);
  const connections = range === null ? sample.connections : sample.connections.filter((c) => inRange(c.bucket));
  const counts = {};
  let size = 0;
  sample.buckets.forEach((bucket, at) => {
    if (!inRange(at)) return;
    size += bucket.bytes;
    for (const [outcome, n] of Object.entries(bucket.counts)) counts[outcome] = (counts[outcome] || 0) + n;
  });
  view = { range, connections, counts, bytes: size, total: sum(Object.values(counts)) };
  view.exact = connections.length === view.total;
  view.whole = range === null;
  view.services = view.whole ? report.services : servicesOf(connections);
  view.edges = view.whole ? report.edges : edgesOf(connections);
  view.hosts = view.whole ? report.hosts : hostsOf(connections);
}

/// A sentence about the source of the figures below the brush; empty without a selection.
function basis() {
  if (view.whole) return '';
  if (view.exact) return `Selected interval only: ${plural(view.total, 'connection')}.`;
  return `Selected interval only, estimated from a sample: ${count(view.connections.length)} of ` +
    `${plural(view.total, 'connection')}. ± is the standard error; rare hosts may be absent.`;
}

/// A text for a number that was estimated from `row.sampled` connections; exact without.
function estimate(n, row) {
  return row.sampled && !view.exact && n ? `${count(n)} ± ${count(n / Math.sqrt(row.sampled))}` : count(n ?? 0);
}

function tally(rows) {
  const t = { attempts: 0, decided: 0, established: 0, failed: 0, bytes: 0, sent: 0, received: 0, by: {} };
  for (const c of rows) {
    t.by[c.outcome] = (t.by[c.outcome] || 0) + c.weight;
    t.sent += c.sent * c.weight;
    t.received += c.received * c.weight;
  }
  const of = (names) => sum(names.map((name) => t.by[name] || 0));
  t.established = of(kEstablished);
  t.failed = of(kFailures);
  t.decided = t.established + t.failed + of(['aborted']);
  t.attempts = t.decided + of(['pending']);
  t.bytes = t.sent + t.received;
  t.rate = t.decided > 0 ? t.established / t.decided : null;
  return t;
}

function quantiles(rows) {
  const rtts = rows.filter((c) => c.rtt !== null).map((c) => [c.rtt, c.weight]).sort((a, b) => a[0] - b[0]);
  const whole = sum(rtts.map((r) => r[1]));
  const at = (share) => {
    let passed = 0;
    for (const [rtt, weight] of rtts) if ((passed += weight) >= share * whole) return rtt;
    return rtts.length ? rtts[rtts.length - 1][0] : null;
  };
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), samples: rtts.length };
}

function geoOf(ip) {
  const known = about(ip);
  return { hostname: known.name, country: known.country, asn: known.asn, as_org: known.organization };
}

function servicesOf(connections) {
  const rows = connections.filter((c) => c.outcome !== 'backscatter');
  return [...group(rows, (c) => endpoint(c.resp, c.port)).values()].map((of) => {
    const t = tally(of);
    return {
      ip: of[0].resp, ...geoOf(of[0].resp), port: of[0].port, name: portName(of[0].port), attempts: t.attempts,
      established: t.established, refused: t.by.refused || 0, unanswered: t.by.unanswered || 0,
      unreachable: t.by.unreachable || 0, half_open: t.by.half_open || 0, aborted: t.by.aborted || 0, success_rate: t.rate, sampled: of.length,
      clients: new Set(of.map((c) => c.orig)).size, bytes: t.bytes, synack_rtt_ms: quantiles(of),
    };
  }).sort((a, b) => b.attempts - a.attempts);
}

function edgesOf(connections) {
  const rows = connections.filter((c) => c.outcome !== 'backscatter');
  return [...group(rows, (c) => `${c.orig} ${endpoint(c.resp, c.port)}`).values()].map((of) => {
    const t = tally(of);
    return {
      orig: of[0].orig, resp: of[0].resp, port: of[0].port, attempts: t.attempts, established: t.established,
      failed: t.failed, bytes: t.bytes, synack_rtt_ms: quantiles(of), sampled: of.length,
    };
  }).sort((a, b) => b.attempts - a.attempts);
}

function hostsOf(connections) {
  const hosts = new Map();
  const host = (ip) => {
    if (!hosts.has(ip)) {
      hosts.set(ip, { ip, ...geoOf(ip), as_originator: 0, as_responder: 0, failed: 0, bytes_sent: 0,
        bytes_received: 0, sampled: 0, peers: new Set(), first: Infinity, last: -Infinity });
    }
    return hosts.get(ip);
  };
  for (const c of connections) {
    const ends = [['as_originator', c.orig, c.resp, c.sent, c.received], ['as_responder', c.resp, c.orig, c.received, c.sent]];
    for (const [role, ip, peer, sent, received] of ends) {
      const h = host(ip);
      h[role] += c.weight;
      ++h.sampled;
      if (kFailures.includes(c.outcome)) h.failed += c.weight;
      h.bytes_sent += sent * c.weight;
      h.bytes_received += received * c.weight;
      h.peers.add(peer);
      h.first = Math.min(h.first, c.start);
      h.last = Math.max(h.last, c.start + c.lasts);
    }
  }
  return [...hosts.values()].map((h) => ({
    ...h, peers: h.peers.size, first_seen: new Date(h.first).toISOString(), last_seen: new Date(h.last).toISOString(),
  })).sort((a, b) => b.as_originator + b.as_responder - a.as_originator - a.as_responder);
}

/// The hosts of the selection, summed by what `keyOf` makes of each; those without a key are left out.
function placesOf(keyOf, first) {
  const rows = view.hosts.filter((h) => keyOf(h));
  const total = (of, key) => sum(of.map((h) => h[key]));
  return [...group(rows, keyOf).values()].map((of) => ({
    ...first(of[0]), hosts: of.length, connections: total(of, 'as_originator') + total(of, 'as_responder'), failed: total(of, 'failed'),
    bytes_sent: total(of, 'bytes_sent'), bytes_received: total(of, 'bytes_received'), sampled: total(of, 'sampled'),
  })).sort((a, b) => b.connections - a.connections);
}

function countries() {
  return view.whole ? report.countries : placesOf((h) => h.country, (h) => ({ country: h.country }));
}

function networks() {
  return view.whole ? report.networks : placesOf((h) => h.asn, (h) => ({ asn: h.asn, as_org: h.as_org }));
}

/// Handshake times of the selection, as the report has them of the whole time. `known` are its rows, which contribute windows and shifts.
function handshakesOf(keyOf, first, known, nameOf) {
  const whole = new Map(known.map((row) => [nameOf(row), row]));
  const within = (at) => Date.parse(at) >= state.from && Date.parse(at) < state.to;
  const timed = view.connections.filter((c) => c.rtt !== null);
  return [...group(timed, keyOf).entries()].map(([name, of]) => {
    const row = whole.get(name);
    return {
      ...first(of[0]), samples: sum(of.map((c) => c.weight)), sampled: of.length, synack_rtt_ms: quantiles(of),
      windows: ((row && row.windows) || []).filter((w) => within(w.start)), shift: row && row.shift && within(row.shift.at) ? row.shift : null,
    };
  }).sort((a, b) => Boolean(b.shift) - Boolean(a.shift) || b.samples - a.samples);
}
