/**
 * Names as a test wants them, for a process that is started with `--import` of this: FAULT_DNS names a JSON file, host →
 * what its resolution does, read at every question. Plain JavaScript, so that no loader is needed.
 */
import dns from "node:dns";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const real = dns.lookup;
const asked = new Map();

dns.lookup = (name, options, callback) => {
  const done = typeof options === "function" ? options : callback;
  const wantsAll = typeof options === "object" && options !== null && options.all === true;
  const answer = JSON.parse(readFileSync(process.env["FAULT_DNS"] ?? "", "utf8"))[name];
  if (answer === undefined) return real(name, options, callback);
  const { error, addresses = [], flip, delayMs = 0 } = answer;
  const times = (asked.get(name) ?? 0) + 1;
  asked.set(name, times);
  const list = (flip === undefined ? addresses : [flip[times % flip.length]]).map((address) => ({
    address,
    family: address.includes(":") ? 6 : 4,
  }));
  setTimeout(() => {
    if (error !== undefined) done(Object.assign(new Error(`getaddrinfo ${error} ${name}`), { code: error }));
    else if (wantsAll) done(null, list);
    else done(null, list[0].address, list[0].family);
  }, delayMs);
};
syncBuiltinESMExports();
