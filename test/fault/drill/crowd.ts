/** The program of a crowd of clients (start-crowd.ts): orders come as messages, each is answered with one. */
import type { Socket } from "node:net";
import { tcp, tlsThrough, type Through } from "../../support/proxy-clients.ts";
import type { Order, Report, SlowMode } from "./start-crowd.ts";

const through = JSON.parse(process.argv[2] ?? "") as Through; // start-crowd.ts writes it
const atOnce = 25;
let sockets: Socket[] = [];
let drip: NodeJS.Timeout | undefined;

process.on("message", (order: Order) => void obey(order).then((report) => process.send?.(report)));
process.on("disconnect", () => process.exit(0));
process.send?.({ type: "ready" } satisfies Report);

async function obey(order: Order): Promise<Report> {
  switch (order.type) {
    case "slow":
      return { type: "opened", opened: await openSlow(order.mode, order.port, order.count) };
    case "shake": {
      const shaken = order.hosts.map(async (host) => {
        const port = order.ports[host];
        const socket = await tlsThrough(through, host, { alpn: ["http/1.1"], ...(port === undefined ? {} : { port }) });
        socket.destroy();
      });
      const failed = (await Promise.allSettled(shaken)).filter(({ status }) => status === "rejected").length;
      return { type: "shaken", failed };
    }
    case "stop":
      return { type: "stopped", held: stop() };
  }
}

async function openSlow(mode: SlowMode, port: number, count: number): Promise<number> {
  const { host, atPort, isReader, opening, drop } = mode;
  const open = async (index: number): Promise<void> => {
    const isTunnel = !atPort || index % 2 === 0;
    const socket = isTunnel ? await tlsThrough(through, host, { alpn: ["http/1.1"], port }) : await tcp(through.url);
    socket.on("error", () => {});
    socket.write(isTunnel ? opening : `CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}\r\n`);
    if (isReader) socket.pause();
    else socket.resume();
    sockets.push(socket);
  };
  for (let first = 0; first < count; first += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => open(first + index));
    await Promise.allSettled(batch);
  }
  let turn = 0;
  // A tenth of them at a time.
  drip = setInterval(() => {
    turn += 1;
    for (let index = turn % 10; index < sockets.length; index += 10) {
      const socket = sockets[index];
      if (socket === undefined || socket.destroyed) continue;
      if (isReader) socket.read(1);
      else if (drop !== "" && socket.writable) socket.write(drop);
    }
  }, 50);
  return sockets.length;
}

function stop(): number {
  clearInterval(drip);
  const held = sockets.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length;
  for (const socket of sockets) socket.destroy();
  sockets = [];
  return held;
}
