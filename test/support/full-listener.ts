/** A listening port whose queue is full and never emptied: connecting to it neither succeeds nor fails. */
import { fork } from "node:child_process";
import { connect, type Socket } from "node:net";
import { tempFolder } from "./temp.ts";
import { within } from "./wait.ts";

export interface FullListener {
  readonly port: number;
  close(): void;
}

const program = `
import { createServer } from "node:net";
const server = createServer();
server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => process.send(server.address().port));
process.on("disconnect", () => process.exit(0));
`;

export async function startFullListener(): Promise<FullListener> {
  const folder = tempFolder("full");
  const child = fork(folder.file("listener.mjs", program), [], {
    execArgv: [],
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const port = await within(
    "the listener",
    new Promise<number>((resolve) => child.once("message", (message) => resolve(Number(message)))),
  );
  // Stopped, it accepts nobody; the kernel still queues a few before it starts to drop.
  child.kill("SIGSTOP");
  const queued: Socket[] = [];
  for (let count = 0; count < 8; count += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => {});
    queued.push(socket);
  }
  return {
    port,
    close() {
      for (const socket of queued) socket.destroy();
      child.kill("SIGKILL");
      folder.close();
    },
  };
}
