/**
 * A reader on the core's events stream, as an open screen is one: follows it, parses every event, and asks for the status
 * each second. `node watcher.mjs SOCKET`; says `{ ready: true }` over IPC when the stream has begun, `{ events }` when asked.
 */
import { request } from "node:http";

const socketPath = process.argv[2];
let events = 0;
request({ socketPath, path: "/api/events", headers: { host: "switchyard" }, agent: false }, (reply) => {
  let held = "";
  reply.setEncoding("utf8").on("data", (text) => {
    const lines = (held + text).split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("data: ")) continue;
      if (typeof JSON.parse(line.slice(6)) === "object") events += 1;
      if (events === 1) process.send({ ready: true });
    }
  });
  reply.on("end", () => process.exit(1));
})
  .on("error", () => process.exit(1))
  .end();
setInterval(() => {
  const ask = request({ socketPath, path: "/api/status", headers: { host: "switchyard" }, agent: false }, (reply) =>
    reply.resume(),
  );
  ask.on("error", () => {}).end();
}, 1000);
process.on("message", () => process.send({ events }));
process.on("disconnect", () => process.exit(0));
