/**
 * The TUI process: `node main.js [--socket PATH] [--core-ends] [--ascii]`. It prepares the environment that React and
 * Ink read while they load, then loads them, and connects the screen to the core's control socket. `--core-ends` says
 * that the core stops when this process ends (its starter holds the last lease), so that quitting asks first.
 */
import { parseArgs } from "node:util";
import type { ExportQuestionJson } from "../base/controls-flows.ts";
import { resolvePaths } from "../base/paths.ts";
import { createWriteStream } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type ControlClient, connectControl } from "../control/client.ts";
import { maxExportText, type TuiSource } from "./source.ts";
import { wantsAscii, wantsColor } from "./text/theme.ts";

const { values } = parseArgs({
  options: {
    socket: { type: "string" },
    "core-ends": { type: "boolean", default: false },
    ascii: { type: "boolean", default: false },
  },
});

process.exitCode = await main();
// Timers of a lost connection must not keep a finished UI alive.
process.exit();

async function main(): Promise<number> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    process.stderr.write(
      "switchyard: the terminal UI needs a terminal on stdin and stdout.\n" +
        "  `switchyard start` runs the proxy without one, `switchyard flows list` shows the traffic.\n",
    );
    return 2;
  }
  const color = wantsColor(process.env);
  // React's development build leaks a measurement per render and costs twice the time (2026-11); Ink under CI draws
  // nothing; Ink's own colours are not ours to have.
  process.env["NODE_ENV"] = "production";
  process.env["FORCE_COLOR"] = "0";
  delete process.env["CI"];
  delete process.env["INK_SCREEN_READER"];
  const { runTui } = await import("./run-tui.ts");
  const socket = values.socket ?? resolvePaths(process.env).controlSocket;
  return runTui({
    source: sourceOver(connectControl({ controlSocket: socket })),
    color,
    ascii: values.ascii || wantsAscii(process.env),
    coreEnds: values["core-ends"],
  });
}

/** A renewal or a quota waits for a provider, which the core itself does for a minute at most. */
const providerTimeoutMs = 90_000;
/** No shell has been there to do it. */
function atHome(file: string): string {
  return file.startsWith("~/") ? join(homedir(), file.slice("~/".length)) : file;
}

function sourceOver(client: ControlClient): TuiSource {
  return {
    flow: (id) => client.flow(id),
    stages: (id) => client.stages(id),
    events: (listener) => client.events(listener),
    ask: (method, path, body, patience) =>
      client.ask(method, /^\/v[01]\//.test(path) ? path : `/api${path}`, {
        // As its own commands do: a change without fields is an empty object.
        ...(method === "GET" || method === "DELETE" ? {} : { body: body ?? {} }),
        ...(patience === "long" ? { timeoutMs: providerTimeoutMs } : {}),
      }),
    async exportTo(file, question) {
      // The core checks it; what it takes stands in the OpenAPI document.
      const { flows, bytes } = await client.exportFlows(question as unknown as ExportQuestionJson);
      // Never over something that is there: the name was typed into one line.
      await pipeline(Readable.from(bytes), createWriteStream(atHome(file), { flags: "wx", mode: 0o600 }));
      return flows;
    },
    async exportText(question) {
      const exported = await client.exportFlows(question as unknown as ExportQuestionJson);
      const pieces: Uint8Array[] = [];
      let size = 0;
      for await (const piece of exported.bytes) {
        size += piece.byteLength;
        if (size > maxExportText) {
          exported.cancel();
          throw new Error("that is too much for the clipboard; export it (x) instead");
        }
        pieces.push(piece);
      }
      return Buffer.concat(pieces).toString("utf8");
    },
  };
}
