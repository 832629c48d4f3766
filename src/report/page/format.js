// Figures as text for people.

const kNumbers = new Intl.NumberFormat('en-US');
const kUtc = more.utc;
const kDateParts = new Intl.DateTimeFormat('en-CA', {
  timeZone: kUtc ? 'UTC' : undefined, hourCycle: 'h23', year: 'numeric', month: '2-digit',
  day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit',
});

function count(n) {
  return kNumbers.format(Math.round(n));
}

/// "1 connection", "1,200 connections".
function plural(n, one, many) {
  return `${count(n)} ${Math.round(n) === 1 ? one : many ?? `${one}s`}`;
}

/// False if a log without byte counts was read.
const kBytesKnown = report.connections.orig_bytes !== null && report.connections.resp_bytes !== null;

function bytes(n) {
  if (n === null || !kBytesKnown) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let unit = 0;
  // 1023.95 would read as 1024.0 of the smaller unit.
  while (n >= (unit === 0 ? 1024 : 1023.95) && unit < units.length - 1) {
    n /= 1024;
    ++unit;
  }
  return unit === 0 ? `${Math.round(n)} B` : `${n.toFixed(1)} ${units[unit]}`;
}

/// A share never rounds to 0 or to 100 % without being it.
function percent(share) {
  if (share === null || Number.isNaN(share)) return '';
  if (share === 1) return '100%';
  if (share > 0 && share < 0.0005) return '<0.1%';
  if (share < 1 && share >= 0.9995) return '>99.9%';
  return `${(share * 100).toFixed(1)}%`;
}

/// Milliseconds, in the form of the other outputs: "33 us", "1.65 s", "2m05s", "1h05m", "3d04h".
function duration(ms) {
  if (ms === null || ms === undefined) return '';
  if (ms === 0) return '0 s';
  const two = (n) => String(n).padStart(2, '0');
  if (ms < 0.001) return `${Math.round(ms * 1e6)} ns`;
  for (const [unit, factor, limit] of [['us', 0.001, 1000], ['ms', 1, 1000], ['s', 1000, 60]]) {
    const n = ms / factor;
    const rounded = Number(n.toFixed(n < 10 ? 2 : n < 100 ? 1 : 0));
    if (rounded < limit) return `${rounded} ${unit}`;
  }
  const s = Math.round(ms / 1000);
  if (s < 3600) return `${Math.floor(s / 60)}m${two(s % 60)}s`;
  if (s < 86400) return `${Math.floor(s / 3600)}h${two(Math.floor(s % 3600 / 60))}m`;
  return `${Math.floor(s / 86400)}d` + (s < 100 * 86400 ? `${two(Math.floor(s % 86400 / 3600))}h` : '');
}

/// A count of attempts without those that were pending.
function decided(c) {
  return c.attempts - (c.by_outcome.pending || 0);
}

function dateParts(ms) {
  const parts = {};
  for (const { type, value } of kDateParts.formatToParts(new Date(ms))) parts[type] = value;
  return parts;
}

/// "2026-03-01 14:30:16".
function time(ms) {
  if (!Number.isFinite(ms)) return '';
  const p = dateParts(ms);
  return `${p.year}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/// A time as short as the distance between two labels permits.
function shortTime(ms, step) {
  const p = dateParts(ms);
  if (step >= 86400e3 || (step >= 7200e3 && p.hour === '00' && p.minute === '00')) return `${p.month}-${p.day}`;
  if (step >= 60e3) return `${p.hour}:${p.minute}`;
  if (step >= 1000) return `${p.hour}:${p.minute}:${p.second}`;
  const fraction = ((ms % 1000) + 1000) % 1000;
  return `${p.minute}:${p.second}.${String(Math.floor(fraction)).padStart(3, '0')}`;
}

/// Milliseconds by which the clock of the page's zone is ahead of UTC at a time.
function zoneOffset(ms) {
  const p = dateParts(ms);
  return Date.UTC(p.year, p.month - 1, p.day, p.hour, p.minute, p.second) - Math.floor(ms / 1000) * 1000;
}

/// "UTC", or the zone of the browser, such as "Europe/Berlin".
function zoneName() {
  const zone = kUtc ? 'UTC' : kDateParts.resolvedOptions().timeZone;
  return zone === 'UTC' ? zone : `${zone || 'local'} time`;
}

/// Round steps for an axis of `span` with at most `most` labels.
function niceStep(span, most) {
  const rough = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((f) => f * power).find((step) => step >= rough);
}

function niceTimeStep(span, most) {
  const s = 1000, m = 60 * s, h = 60 * m, d = 24 * h;
  const steps = [s, 2 * s, 5 * s, 10 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 30 * m, h, 2 * h, 6 * h, 12 * h, d, 7 * d, 30 * d, 365 * d];
  const rough = span / Math.max(1, most);
  if (rough < s) return Math.max(1, niceStep(span, most));
  return steps.find((step) => step >= rough) ?? niceStep(span, most);
}

/// "1,234" or "1.2 k" for axes.
function axisNumber(n) {
  if (n >= 1e6) return `${+(n / 1e6).toFixed(1)} M`;
  if (n >= 1e4) return `${+(n / 1e3).toFixed(1)} k`;
  return kNumbers.format(n);
}

function endpoint(ip, port) {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/// One CSV field. A leading apostrophe keeps a spreadsheet from reading a formula.
function csvField(value) {
  let text = value === null || value === undefined ? '' : String(value);
  if (/^'*[=+\-@\t\r\n＝＋－＠]/.test(text) && !/^-?[\d.]+$/.test(text)) text = `'${text}`;
  return /[",\r\n]|^ | $/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
