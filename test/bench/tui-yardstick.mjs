/**
 * The least a program can do in the screen's place, as this machine's yardstick: follow the same events, parse them, and
 * answer a key with its echo. `node tui-yardstick.mjs --socket PATH`.
 */
import { request } from "node:http";

process.stdin.setRawMode(true);
process.stdin.setEncoding("utf8").on("data", (key) => process.stdout.write("seen:" + key));
request({ socketPath: process.argv[3], path: "/api/events", agent: false }, (reply) => {
  let held = "";
  let count = 0;
  process.stdout.write("ready");
  reply.setEncoding("utf8").on("data", (text) => {
    const lines = (held + text).split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) if (line.startsWith("data: ")) count += Object.keys(JSON.parse(line.slice(6))).length;
  });
}).end();
