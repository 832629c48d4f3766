// Converts rows "start,end,number,name" (ip-location-db's asn package) to an MMDB file, because synfin reads that faster
// than a table of half a million rows.
//   node make-asn-mmdb.mjs OUT.mmdb IN.csv…
// Format: https://maxmind.github.io/MaxMind-DB/ (version 2.0, record size 32, IPv4 under ::/96).
import { createReadStream, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const kEmpty = 0xffffffff;
let left = new Uint32Array(1 << 22).fill(kEmpty); // child, or kData + offset of a record
let right = new Uint32Array(1 << 22).fill(kEmpty);
const kData = 0x80000000;
let nodes = 1;

function newNode() {
  if (nodes === left.length) {
    const grow = (old) => { const more = new Uint32Array(old.length * 2).fill(kEmpty); more.set(old); return more; };
    left = grow(left);
    right = grow(right);
  }
  return nodes++;
}

/** Sets [first, last] below `node`, whose block has `depth` fixed bits, to `value`. */
function insert(node, depth, block, first, last, value) {
  for (const side of [0, 1]) {
    const half = 127n - BigInt(depth);
    const low = block + (side ? 1n << half : 0n);
    const high = low + (1n << half) - 1n;
    if (last < low || first > high) continue;
    const children = () => (side ? right : left);
    if (first <= low && high <= last) { children()[node] = kData + value; continue; }
    let child = children()[node];
    if (child === kEmpty || child >= kData) {
      const fresh = newNode();
      if (child !== kEmpty) left[fresh] = right[fresh] = child;
      children()[node] = child = fresh;
    }
    insert(child, depth + 1, low, first, last, value);
  }
}

function parseAddress(text) {
  if (!text.includes(":")) return text.split(".").reduce((n, part) => n * 256n + BigInt(part), 0n);
  const [head, tail] = text.split("::");
  const groups = (part) => (part ? part.split(":") : []);
  const fill = tail === undefined ? [] : Array(8 - groups(head).length - groups(tail).length).fill("0");
  return [...groups(head), ...fill, ...groups(tail)].reduce((n, group) => n * 65536n + BigInt("0x" + group), 0n);
}

// The data section's types: https://maxmind.github.io/MaxMind-DB/#data-format
const kUtf8 = 2, kUint16 = 5, kUint32 = 6, kMap = 7, kUint64 = 9, kArray = 11;
function control(type, size) {
  const head = type > 7 ? [0, type - 7] : [type << 5];
  if (size < 29) head[0] |= size;
  else if (size < 285) { head[0] |= 29; head.push(size - 29); }
  else if (size < 65821) { head[0] |= 30; head.push((size - 285) >> 8, (size - 285) & 255); }
  else throw new Error(`a value of ${size} bytes`);
  return Buffer.from(head);
}
function utf8(text) { const bytes = Buffer.from(text, "utf8"); return Buffer.concat([control(kUtf8, bytes.length), bytes]); }
function uint(type, n) {
  const bytes = [];
  for (let rest = BigInt(n); rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 255n));
  return Buffer.concat([control(type, bytes.length), Buffer.from(bytes)]);
}
function map(entries) {
  return Buffer.concat([control(kMap, entries.length), ...entries.flatMap(([key, value]) => [utf8(key), value])]);
}

const data = [];
let dataSize = 0;
const records = new Map();
function record(number, name) {
  const key = `${number} ${name}`;
  if (!records.has(key)) {
    const bytes = map([["autonomous_system_number", uint(kUint32, number)],
                       ["autonomous_system_organization", utf8(name.slice(0, 300))]]);
    records.set(key, dataSize);
    data.push(bytes);
    dataSize += bytes.length;
  }
  return records.get(key);
}

let rows = 0;
async function read(path) {
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const match = /^([0-9a-f.:]+),([0-9a-f.:]+),(\d+),(.*)$/i.exec(line);
    if (!match) continue;
    const name = match[4].startsWith('"') ? match[4].slice(1, -1).replaceAll('""', '"') : match[4];
    insert(0, 0, 0n, parseAddress(match[1]), parseAddress(match[2]), record(Number(match[3]), name));
    ++rows;
  }
}

function write(path) {
  const tree = Buffer.alloc(nodes * 8);
  const value = (child) => (child === kEmpty ? nodes : child >= kData ? nodes + 16 + (child - kData) : child);
  for (let i = 0; i < nodes; ++i) {
    tree.writeUInt32BE(value(left[i]), i * 8);
    tree.writeUInt32BE(value(right[i]), i * 8 + 4);
  }
  const metadata = map([
    ["node_count", uint(kUint32, nodes)], ["record_size", uint(kUint16, 32)], ["ip_version", uint(kUint16, 6)],
    ["database_type", utf8("ip-location-db ASN")], ["languages", Buffer.concat([control(kArray, 0)])],
    ["binary_format_major_version", uint(kUint16, 2)], ["binary_format_minor_version", uint(kUint16, 0)],
    ["build_epoch", uint(kUint64, Math.floor(Date.now() / 1000))],
    ["description", map([["en", utf8("Networks of ip-location-db's asn package")]])],
  ]);
  writeFileSync(path, Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from("\xab\xcd\xefMaxMind.com", "latin1"), metadata]));
}

const [out, ...inputs] = process.argv.slice(2);
if (!out || inputs.length === 0) {
  console.error("usage: node make-asn-mmdb.mjs OUT.mmdb IN.csv…");
  process.exit(2);
}
for (const path of inputs) await read(path);
if (rows < 1) {
  console.error(`no rows of networks in ${inputs.join(", ")}`);
  process.exit(1);
}
write(out);
