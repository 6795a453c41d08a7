// Drives dvfo-faults with Toxiproxy's client for Node.js: node toxiproxy_client.js HOST:PORT. Prints "ok", or fails.
"use strict";
const assert = require("node:assert");
const net = require("node:net");
const { Toxiproxy } = require("toxiproxy-node-client");

const addressOf = (server) => `127.0.0.1:${server.address().port}`;

function startEcho() {
  return new Promise((resolve) => {
    const server = net.createServer((socket) => socket.on("error", () => {}).pipe(socket));
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

// Milliseconds until a word comes back from `address`, or the error's code.
function roundTrip(address) {
  return new Promise((resolve) => {
    const [host, port] = address.split(":");
    const begin = process.hrtime.bigint();
    const socket = net.connect(Number(port), host, () => socket.write("hello"));
    socket.on("data", () => {
      socket.destroy();
      resolve(Number(process.hrtime.bigint() - begin) / 1e6);
    });
    socket.on("error", (problem) => resolve(problem.code));
    socket.on("close", () => resolve("closed"));
  });
}

async function main() {
  const echo = await startEcho();
  const toxiproxy = new Toxiproxy(`http://${process.argv[2]}`);
  assert.match(await toxiproxy.getVersion(), /\d+\.\d+\.\d+/);

  const proxy = await toxiproxy.createProxy({ name: "echo", listen: "127.0.0.1:0", upstream: addressOf(echo) });
  assert.equal(typeof (await roundTrip(proxy.listen)), "number");

  const attributes = { latency: 80, jitter: 0 };
  const toxic = await proxy.addToxic({ name: "slow", type: "latency", stream: "downstream", toxicity: 1, attributes });
  assert.deepEqual(toxic.attributes, attributes);
  assert.ok((await roundTrip(proxy.listen)) >= 80);
  const changed = await toxic.update({ ...toxic.toJson(), attributes: { latency: 120, jitter: 0 } });
  assert.equal(changed.attributes.latency, 120);
  assert.ok((await roundTrip(proxy.listen)) >= 120);
  assert.equal((await proxy.getToxic("slow")).type, "latency");
  await toxic.remove();
  await assert.rejects(proxy.getToxic("slow"), /404/);

  await proxy.addToxic({ name: "cut", type: "limit_data", stream: "downstream", toxicity: 1, attributes: { bytes: 0 } });
  assert.equal(await roundTrip(proxy.listen), "closed");
  const down = await proxy.update({ enabled: false, listen: proxy.listen, upstream: proxy.upstream });
  assert.equal(down.enabled, false);
  assert.equal(await roundTrip(proxy.listen), "ECONNREFUSED");
  await toxiproxy.reset();
  assert.equal(typeof (await roundTrip(proxy.listen)), "number");

  const all = await toxiproxy.populate([
    { name: "echo", listen: proxy.listen, upstream: proxy.upstream },
    { name: "other", listen: "127.0.0.1:0", upstream: addressOf(echo) },
  ]);
  assert.deepEqual(Object.keys(all).sort(), ["echo", "other"]);
  assert.equal(typeof (await roundTrip(all.other.listen)), "number");
  await all.other.remove();
  assert.deepEqual(Object.keys(await toxiproxy.getAll()), ["echo"]);
  await assert.rejects(toxiproxy.get("other"), /404/);
  echo.close();
  console.log("ok");
}

main().then(
  () => process.exit(0),
  (problem) => {
    console.error(problem);
    process.exit(1);
  },
);
