// What memlab and Chrome's DevTools read from a heap snapshot, node by node, beside what Heapwright says that nodes retain.
// Not part of the suite, for it needs packages from the network: README.md says how to run it.
'use strict';

const { readFileSync } = require('node:fs');

/** Lines `id dominator bytes`, as `json_heap --retained-sizes` writes them. */
function readExpected(path) {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return new Map(lines.map((line) => line.split(' ').map(Number)).map(([id, by, bytes]) => [id, { by, bytes }]));
}

/** All nodes, with dominators. */
async function readWithMemlab(path) {
  const { getFullHeapFromFile } = require('@memlab/heap-analysis');
  const heap = await getFullHeapFromFile(path);
  const nodes = [];
  heap.nodes.forEach((node) => {
    nodes.push({ id: node.id, bytes: node.retainedSize, by: node.dominatorNode.id });
  });
  return nodes;
}

/** All objects, as the Memory panel lists them by class: those that stand for none are not among them. */
async function readWithDevTools(path) {
  const puppeteer = require('puppeteer');
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const page = await browser.newPage();
    await page.goto('devtools://devtools/bundled/devtools_app.html');
    await page.waitForFunction(() => document.querySelector('.root-view'), { timeout: 30_000 });
    const nodes = await page.evaluate(async (text) => {
      const models = 'devtools://devtools/bundled/models/';
      const { HeapSnapshotModel, HeapSnapshotProxy } = await import(`${models}heap_snapshot/heap_snapshot.js`)
        .catch(() => import(`${models}heap_snapshot_model/heap_snapshot_model.js`)); // up to some version after 148
      const worker = new HeapSnapshotProxy.HeapSnapshotWorkerProxy(() => {});
      const snapshot = await new Promise((resolve, reject) => {
        const loader = worker.createLoader(1, resolve);
        const parts = text.match(/[^]{1,1000000}/g);
        const written = parts.reduce((before, part) => before.then(() => loader.write(part)), Promise.resolve());
        written.then(() => loader.close()).catch(reject);
      });
      const all = new HeapSnapshotModel.NodeFilter();
      const nodes = [];
      for (const key of Object.keys(await snapshot.aggregatesWithFilter(all))) {
        const { items } = await snapshot.createNodesProviderForClass(key, all).serializeItemsRange(0, 1e9);
        nodes.push(...items.map(({ id, retainedSize }) => ({ id, bytes: retainedSize })));
      }
      return nodes;
    }, readFileSync(path, 'utf8'));
    return { nodes, version: await browser.version() };
  } finally {
    await browser.close();
  }
}

/** Prints how many nodes agree, and some that do not; whether all that are asked for do. */
function compare(name, expected, nodes, count) {
  const wrong = nodes.filter(({ id, bytes, by }) => {
    const own = expected.get(id);
    return own?.bytes !== bytes || (by !== undefined && own.by !== 0 && own.by !== by);
  });
  console.log(`${name}: ${nodes.length} of ${count} nodes, ${nodes.length - wrong.length} agree`);
  wrong.slice(0, 10).forEach((node) => console.log('  differs:', node, 'expected', expected.get(node.id)));
  return wrong.length === 0 && nodes.length === count;
}

async function main([snapshot, sizes]) {
  const expected = readExpected(sizes);
  const { strings, nodes, snapshot: { meta } } = JSON.parse(readFileSync(snapshot, 'utf8'));
  const synthetic = meta.node_types[0].indexOf('synthetic');
  const objects = nodes.filter((type, at) => at % meta.node_fields.length === 0 && type !== synthetic).length;
  console.log(`${expected.size} nodes, ${objects} of them objects; ${strings.length} strings`);
  const right = compare('memlab', expected, await readWithMemlab(snapshot), expected.size);
  const { nodes: listed, version } = await readWithDevTools(snapshot);
  return compare(`DevTools of ${version}`, expected, listed, objects) && right;
}

main(process.argv.slice(2)).then(
  (right) => process.exit(right ? 0 : 1),
  (error) => { console.error(error); process.exit(2); },
);
