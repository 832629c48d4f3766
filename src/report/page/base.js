// The page's data, its state, and how it makes elements. All text is inserted as text, never as
// markup, because names come from the network.

/// What reorders, hides or breaks text, and bytes that were no text: as in the other outputs.
const kUnsafe = /[\\\u{0}-\u{1f}\u{7f}-\u{9f}\u{ad}\u{34f}\u{61c}\u{115f}-\u{1160}\u{17b4}-\u{17b5}\u{180b}-\u{180f}\u{200b}-\u{200f}\u{2028}-\u{202e}\u{2060}-\u{206f}\u{2800}\u{3164}\u{fe00}-\u{fe0f}\u{feff}\u{ffa0}\u{fff0}-\u{fffb}\u{fffe}-\u{ffff}\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e0fff}]/gu;

/// The text as a terminal shows it: "\xe2\x80\xae" for each unsafe character, "\\" for a backslash.
function plain(text) {
  return text.replace(kUnsafe, (c) => (c === '\\' ? '\\\\'
    : Array.from(new TextEncoder().encode(c), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')));
}

/// The data of an element, with texts that are safe to show and to copy.
function dataOf(id) {
  return JSON.parse(document.getElementById(id).textContent, (key, value) => (typeof value === 'string' ? plain(value) : value));
}

const report = dataOf('report');
const more = dataOf('more');

const kEstablished = ['open', 'closed', 'reset'];
const kFailures = ['refused', 'unanswered', 'unreachable', 'half_open'];
/// From the bottom of a stack to its top.
const kStackOrder = ['closed', 'open', 'reset', 'midstream', 'backscatter', 'pending', 'aborted', ...kFailures];
const kOutcomeNames = {
  closed: 'closed', open: 'open', reset: 'reset', midstream: 'midstream', backscatter: 'backscatter',
  pending: 'pending', aborted: 'aborted', refused: 'refused', unanswered: 'unanswered',
  unreachable: 'unreachable', half_open: 'half-open',
};
const kOutcomeMeanings = {
  closed: 'established, then closed by FINs',
  open: 'established; its end was not seen',
  reset: 'established, then ended by an RST',
  midstream: 'its handshake was not captured',
  backscatter: 'a lone SYN-ACK or RST: probably an answer to a forged SYN',
  pending: 'its SYN is too recent to judge',
  aborted: 'the originator gave up before the handshake was complete',
  refused: 'an RST answered the SYN',
  unanswered: 'nothing answered the SYN',
  unreachable: 'an ICMP error answered the SYN',
  half_open: 'the SYN-ACK was never acknowledged',
};

/// What a person has chosen. It survives a refresh of the page.
const state = { from: null, to: null, tables: {}, choices: {}, details: {}, paused: false };

/// An element: el('p', {class: 'note', onclick: f}, 'text', child, …). Null children are left out.
function el(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

function sum(values) {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/// Groups rows by a key: Map of key → rows.
function group(rows, keyOf) {
  const groups = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (groups.has(key)) groups.get(key).push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/// A choice that is kept in the state: a <select> with a visible label.
function choice(key, label, options, initial, changed) {
  const now = state.choices[key] ?? initial;
  const select = el('select', { onchange: () => { state.choices[key] = select.value; changed(select.value); } },
    options.map(([value, text]) => el('option', { value, selected: value === now }, text)));
  return el('label', { class: 'choice' }, label, ' ', select);
}

/// A part of the page that can be opened, and that is still open after a refresh.
function fold(key, summary, ...children) {
  const details = el('details', { ontoggle: () => { state.details[key] = details.open; } },
    el('summary', {}, summary), ...children);
  details.open = Boolean(state.details[key]);
  return details;
}

/// One tooltip for all charts. Its lines are texts.
const tooltip = {
  element: el('div', { class: 'tooltip', role: 'status', hidden: true }),
  show(lines, x, y) {
    this.element.replaceChildren(...lines.map((line, at) => el(at === 0 ? 'strong' : 'div', {}, line)));
    this.element.hidden = false;
    const box = this.element.getBoundingClientRect();
    const left = Math.max(4, Math.min(x + 14, document.documentElement.clientWidth - box.width - 4));
    const top = y + 18 + box.height > window.innerHeight ? y - box.height - 10 : y + 18;
    this.element.style.left = `${left}px`;
    this.element.style.top = `${Math.max(4, top)}px`;
  },
  hide() { this.element.hidden = true; },
};

/// Calls `draw` with the width of `element` in pixels, now and each time the width changes.
function onWidth(element, draw) {
  let width = 0;
  const measure = () => {
    const now = Math.floor(element.clientWidth);
    if (now === width || now === 0) return;
    width = now;
    draw(width);
  };
  new ResizeObserver(measure).observe(element);
  requestAnimationFrame(measure);
}
