// Tables that sort, filter and copy as CSV.

const kFirstRows = 12;

/// A column: key, title, and optionally
///   number: aligned to the right, its largest value first when sorted;
///   text(value, row): what is shown;   value(row): what is sorted and copied;
///   cell(row): elements instead of the text, which is then only searched;   minor: hidden on narrow screens;   bad(row): red;
///   sparse: 0 is shown as nothing, and the column is left out if every value is 0.
function column(key, title, options) {
  const c = { key, title, number: false, minor: false, value: (row) => row[key], ...options };
  if (c.sparse) c.text = (n) => (n ? count(n) : '');
  c.text ||= c.number ? (value) => (value === null || value === undefined ? '' : count(value)) : (value) => value ?? '';
  return c;
}

/// `spec`: key (unique on the page, for the state), caption, columns, rows, and optionally note,
/// empty (a sentence instead of the table), sort (key of a column) and of (rows before a bound).
function makeTable(spec) {
  if (spec.rows.length === 0) return el('p', { class: 'note' }, spec.empty || 'None.');
  const columns = spec.columns.filter((c) => c.cell || spec.rows.some((row) => !isBlank(c.value(row)) && !(c.sparse && c.value(row) === 0)));
  const memory = state.tables[spec.key] ||= { sort: spec.sort || null, down: true, filter: '', all: false };
  const body = el('tbody', {});
  const heads = columns.map((c) => headCell(c, () => {
    memory.down = memory.sort === c.key ? !memory.down : c.number;
    memory.sort = c.key;
    draw();
  }));
  const shown = el('span', { class: 'shown', role: 'status' });
  const moreButton = el('button', { type: 'button', class: 'plain', onclick: () => { memory.all = !memory.all; draw(); } });
  const filter = el('input', {
    type: 'search', placeholder: 'Filter', 'aria-label': `Filter: ${spec.caption}`, value: memory.filter,
    oninput: () => { memory.filter = filter.value; draw(); },
  });
  const draw = () => {
    const rows = arranged(spec.rows, columns, memory);
    const limit = memory.all ? rows.length : kFirstRows;
    body.replaceChildren(...rows.slice(0, limit).map((row) => bodyRow(row, columns)));
    columns.forEach((c, at) => heads[at].setAttribute('aria-sort',
      c.key !== memory.sort ? 'none' : memory.down ? 'descending' : 'ascending'));
    const all = spec.of && spec.of > spec.rows.length ? ` of ${count(spec.of)}` : '';
    shown.textContent = memory.filter ? `${count(rows.length)} of ${count(spec.rows.length)} rows match` : `${plural(rows.length, 'row')}${all}`;
    moreButton.hidden = rows.length <= kFirstRows;
    moreButton.textContent = memory.all ? 'Show fewer' : `Show all ${count(rows.length)}`;
  };
  draw();
  return el('div', { class: 'table', id: `table-${spec.key.replace(/\W+/g, '-')}` },
    spec.note ? el('p', { class: 'note' }, spec.note) : null,
    el('div', { class: 'tools' }, spec.rows.length > 5 ? filter : null, shown, copyButton(() => csvOf(arranged(spec.rows, columns, memory), columns))),
    el('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': `Table: ${spec.caption}` },
      el('table', { class: columns.length <= 6 ? 'narrow' : null }, el('caption', { class: 'hidden' }, spec.caption), el('thead', {}, el('tr', {}, heads)), body)),
    moreButton);
}

function isBlank(value) {
  return value === null || value === undefined || value === '';
}

function headCell(c, sort) {
  const classes = [c.number ? 'number' : '', c.minor ? 'minor' : ''].join(' ').trim();
  return el('th', { scope: 'col', class: classes || null }, el('button', { type: 'button', onclick: sort }, c.title));
}

function bodyRow(row, columns) {
  return el('tr', {}, columns.map((c) => {
    const classes = [c.number ? 'number' : '', c.minor ? 'minor' : '', c.bad && c.bad(row) ? 'bad' : '', c.class || ''].join(' ').trim();
    return el('td', { class: classes || null }, c.cell ? c.cell(row) : String(c.text(c.value(row), row)));
  }));
}

/// The rows that match the filter, sorted.
function arranged(rows, columns, memory) {
  const words = memory.filter.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = words.length === 0 ? rows.slice() : rows.filter((row) => {
    const text = columns.map((c) => `${c.value(row) ?? ''} ${c.text(c.value(row), row)}`).join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  });
  const by = columns.find((c) => c.key === memory.sort);
  if (!by) return matching;
  const sign = memory.down ? -1 : 1;
  return matching.sort((a, b) => {
    const x = by.value(a), y = by.value(b);
    if (isBlank(x) || isBlank(y)) return isBlank(x) - isBlank(y);  // unknown values come last
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * String(x).localeCompare(String(y), 'en', { numeric: true });
  });
}

function csvOf(rows, columns) {
  const lines = [columns.map((c) => csvField(c.key)).join(',')];
  for (const row of rows) lines.push(columns.map((c) => csvField(c.value(row))).join(','));
  return `${lines.join('\r\n')}\r\n`;
}

function copyButton(text) {
  const button = el('button', { type: 'button', class: 'plain copy', onclick: async () => {
    const copied = await copyText(text());
    button.textContent = copied ? 'Copied' : 'Not copied: the browser refused';
    setTimeout(() => { button.textContent = 'Copy as CSV'; }, 2000);
  } }, 'Copy as CSV');
  return button;
}

/// The clipboard of pages that are served without TLS needs a selected element.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = el('textarea', { class: 'hidden', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

/// A table of rows whose keys are not known in advance.
function genericTable(key, caption, rows) {
  const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const columns = keys.map((name) => {
    const number = rows.every((row) => row[name] === undefined || row[name] === null || typeof row[name] === 'number');
    return column(name, titleOf(name), {
      number, text: (value) => genericText(name, value),
      cell: ['ip', 'orig', 'resp', 'host'].includes(name) ? (row) => hostLink(row[name]) : undefined,
    });
  });
  return makeTable({ key, caption, columns, rows });
}

function titleOf(key) {
  const words = key.replace(/_/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function genericText(key, value) {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value) ? time(Date.parse(value)) : value;
  if (typeof value === 'number' && /bytes|sent|received/.test(key)) return bytes(value);
  if (typeof value === 'number' && key !== 'port') return Number.isInteger(value) ? count(value) : String(+value.toFixed(3));
  return Array.isArray(value) ? value.map((v) => genericText(key, v)).join('; ')
    : typeof value === 'object' ? Object.entries(value).map(([k, v]) => `${titleOf(k)}: ${genericText(k, v)}`).join(', ') : String(value);
}

function hostLink(ip, text) {
  if (isBlank(ip)) return '';
  return el('a', { href: `#host/${encodeURIComponent(ip)}` }, text || ip);
}

function serviceLink(ip, port, text) {
  return el('a', { href: `#service/${encodeURIComponent(endpoint(ip, port))}` }, text || portText(port));
}
