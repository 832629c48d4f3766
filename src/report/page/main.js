// Lays out the page, and shows the part of it that the address's fragment names.

const kSections = [
  ['problems', 'Is anything wrong?'], ['time', 'Connections over time'], ['services', 'Services'], ['handshakes', 'Handshake times'], ['pairs', 'Who talks to whom'],
  ['hosts', 'Hosts'], ['places', 'Countries, networks, processes'], ['lifelines', 'Lifelines'], ['hangups', 'Who hangs up'],
  ['ledger', 'The ledger of packets'], ['tables', 'Further tables'],
];
/// Where each page was scrolled to when it was left.
const kScrolls = new Map();
let shownRoute = null;

function routeOf(hash) {
  const [, kind, name] = /^#(host|service)\/(.+)$/.exec(hash) || [];
  if (!kind) return { kind: 'report', section: hash.slice(1) };
  try {
    return { kind, name: decodeURIComponent(name) };
  } catch {
    return { kind: 'report', section: '' };
  }
}

function header() {
  const c = report.capture, n = report.connections;
  const sources = c.sources.length > 3 ? [...c.sources.slice(0, 3), `and ${c.sources.length - 3} more`] : c.sources;
  const first = Date.parse(c.first_packet), last = Date.parse(c.last_packet);
  const span = Number.isFinite(first) ? `${time(first)} to ${time(last)} (${duration(last - first)}), ${zoneName()}` : 'no packets';
  const figures = [['Connections', count(n.total)], ['Established', decided(n) ? percent(n.established / decided(n)) : '–'],
    ['Failed', count(n.failed)], ['Sent', bytes(n.orig_bytes)], ['Received', bytes(n.resp_bytes)],
    c.log ? ['Records', count(c.log.records)] : ['Packets', count(c.packets.received)]];
  const words = [c.mode === 'control' ? 'control packets only' : c.log ? 'from connection logs' : '', c.filter ? `filter: ${c.filter}` : '',
    c.hidden ? `hidden: ${plural(sum(Object.values(c.hidden)), 'connection')}` : ''].filter(Boolean);
  return el('header', {}, el('div', { class: 'bar' }, el('a', { href: '#top', class: 'brand' }, 'synfin'), el('span', { class: 'grow' }), liveStatus(), themeButton()),
    el('p', { class: 'source' }, sources.join(', ')), el('p', { class: 'subtitle' }, [span, ...words].join(' · ')),
    el('dl', { class: 'figures' }, figures.map(([name, value]) => el('div', {}, el('dt', {}, name), el('dd', {}, value)))));
}

function contents() {
  return el('nav', { 'aria-label': 'Sections' }, kSections.filter(([id]) => document.getElementById(id))
    .map(([id, title]) => el('a', { href: `#${id}` }, title)));
}

/// The sections that the brush filters.
const kFiltered = { services: drawServices, handshakes: drawHandshakes, pairs: drawMatrix, hosts: drawHosts, places: drawPlaces,
  lifelines: () => drawLifelines('lifelines', view.connections, view.total, view.whole), hangups: drawHangups };

function changedSelection() {
  updateView();
  fillSection('time', drawTimeline(changedSelection));
  for (const [id, draw] of Object.entries(kFiltered)) fillSection(id, draw());
}

function fillSection(id, content) {
  const place = document.querySelector(`#${id} > .content`);
  if (place) place.replaceChildren(content ?? '');
}

function reportPage() {
  const found = findings();
  const others = otherTables();
  const draw = {
    ...kFiltered, time: () => drawTimeline(changedSelection), ledger: drawLedger,
    problems: () => el('div', {}, el('p', { class: 'verdict' }, verdict(found)), causeTotals(), el('ul', { class: 'findings' }, found.map((f) => f.element))),
    tables: () => el('div', {}, fold('largest', 'Largest connections', largestTable()),
      others.map(([key, rows]) => fold(key, titleOf(key), genericTable(key, titleOf(key), rows)))),
  };
  const main = el('main', { id: 'main', tabindex: -1 }, el('h1', { class: 'hidden' }, 'synfin report'));
  for (const [id, title] of kSections) {
    const content = draw[id]();
    if (content) main.append(section(id, title, el('div', { class: 'content' }, content)));
  }
  return main;
}

function show(scroll) {
  const route = routeOf(location.hash);
  const key = route.kind === 'report' ? 'report' : location.hash;
  if (shownRoute !== key) {
    updateView();
    const main = route.kind === 'host' ? hostPage(route.name) : route.kind === 'service' ? servicePage(route.name) : reportPage();
    document.getElementById('main').replaceWith(main);
    tooltip.hide();
    shownRoute = key;
    document.getElementById('page').className = route.kind;
    document.title = route.kind === 'report' ? `synfin: ${report.capture.sources[0] || 'report'}` : `${route.name} – synfin`;
    document.querySelector('nav').replaceWith(contents());
  }
  const target = route.kind === 'report' && route.section ? document.getElementById(route.section) : null;
  if (scroll) window.scrollTo(0, scroll);
  else if (target) target.scrollIntoView();
  else window.scrollTo(0, kScrolls.get(key) || 0);
}

function start() {
  applyTheme(stored('localStorage', kThemeKey));
  learnAddresses();
  const scroll = restoreState();
  updateView();
  const page = document.getElementById('page');
  page.replaceChildren(el('a', { href: '#main', class: 'skip', onclick: (event) => { event.preventDefault(); document.getElementById('main').focus(); } }, 'Skip to the report'),
    header(), el('nav', {}), el('main', { id: 'main' }),
    el('footer', {}, `Written by synfin ${report.synfin.version}. This page makes no request.`), tooltip.element);
  document.documentElement.style.scrollBehavior = 'auto';
  history.scrollRestoration = 'manual';
  show(scroll);
  // Charts are drawn once they have a width, which changes the height of the page.
  if (scroll) requestAnimationFrame(() => requestAnimationFrame(() => window.scrollTo(0, scroll)));
  addEventListener('scroll', () => kScrolls.set(shownRoute, window.scrollY), { passive: true });
  addEventListener('hashchange', () => show(0));
  addEventListener('beforeunload', saveState);
}

start();
