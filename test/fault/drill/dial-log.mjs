/**
 * Loaded into a proxy before its own program (`--import`): writes down every address and port it really connects to, whatever
 * it called them, and lets connections to the ports of the drill end at a recorder on loopback, so that nothing leaves the
 * machine. Names come from a table; one row may answer differently each time it is asked. DIAL_LOG: the file. DIAL_PORTS:
 * first, last and the recorder's port. DIAL_NAMES: JSON, name → answers, an answer being a list of addresses.
 */
import dns from "node:dns";
import { appendFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isIP } from "node:net";

const log = process.env["DIAL_LOG"] ?? "";
const [first = 0, last = 0, recorder = 0] = (process.env["DIAL_PORTS"] ?? "").split(",").map(Number);
const names = new Map(Object.entries(JSON.parse(process.env["DIAL_NAMES"] ?? "{}")));
const asked = new Map();

// The one place through which every TCP connection of Node goes, with the address that was resolved.
const { TCP } = process.binding("tcp_wrap");
for (const [name, family] of [
  ["connect", 4],
  ["connect6", 6],
]) {
  const real = TCP.prototype[name];
  TCP.prototype[name] = function (request, address, port) {
    appendFileSync(log, `${address} ${port}\n`);
    if (port < first || port > last) return real.call(this, request, address, port);
    return real.call(this, request, family === 4 ? "127.0.0.1" : "::1", recorder);
  };
}

const lookup = dns.lookup;
dns.lookup = (name, options, callback) => {
  const done = typeof options === "function" ? options : callback;
  const wish = typeof options === "object" && options !== null ? options : {};
  // Numbers in disguise and our own name: the system reads them without asking anybody.
  if (/^(?:[0-9a-fx.]+|localhost\.?)$/i.test(name) || isIP(name) !== 0) return lookup(name, options, callback);
  const answers = names.get(name.toLowerCase().replace(/\.$/, ""));
  const count = asked.get(name) ?? 0;
  asked.set(name, count + 1);
  process.nextTick(() => {
    if (answers === undefined) {
      done(Object.assign(new Error(`getaddrinfo ENOTFOUND ${name}`), { code: "ENOTFOUND" }));
      return;
    }
    const answer = answers[Math.min(count, answers.length - 1)].map((address) => ({ address, family: isIP(address) }));
    if (wish.all === true) done(null, answer);
    else done(null, answer[0].address, answer[0].family);
  });
  return undefined;
};
syncBuiltinESMExports();
