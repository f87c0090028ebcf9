/**
 * `npm run screenshots`: the pictures of the README, taken from the real screen of `switchyard demo` in tmux and written
 * to docs/images. They show what the program draws and nothing else, so they are taken again when it draws differently.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startTmux } from "../test/tui/tmux.ts";
import { terminalSvg } from "./terminal-svg.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const columns = 120;
const rows = 34;
/** A key's effect is on the screen well before. */
const drawnMs = 300;

const tmux = await startTmux({ columns, rows });
try {
  await tmux.type(`${process.execPath} ${join(root, "dist/cli.js")} demo`);
  // Enough to look like work, one of them with a limited account.
  await tmux.until(/[5-9] flows/);
  await tmux.until(/1[0-9] flows/);
  await take("traffic", "The Traffic screen of Switchyard: calls of a client, rerouted to another provider");
  // One that was limited at the first account and answered by the second.
  for (let line = 0; line < rows && !/attempt 2/.test(await tmux.screen()); line += 1) {
    await tmux.keys("j");
    await new Promise((resolve) => setTimeout(resolve, drawnMs));
  }
  await tmux.keys("Enter");
  await tmux.until(/1 Overview[^]*rule /);
  await new Promise((resolve) => setTimeout(resolve, drawnMs));
  await take("detail", "One call: what the client sent, where it went and why");
  await tmux.keys("7");
  await tmux.until(/\[7 Diff\][^]*UPSTREAM/);
  await new Promise((resolve) => setTimeout(resolve, drawnMs));
  await take("diff", "The request at the client, in the hub and at the provider, field by field");
  await tmux.keys("Escape");
  await tmux.keys("?");
  await tmux.until(/Help/);
  await take("help", "Every key of the Traffic screen");
  await tmux.keys("Escape", "2");
  await tmux.until(/\[2 Accounts\][^]*demo\/spare/);
  await take("accounts", "The accounts: who is ready, who cools and until when");
  await tmux.keys("4");
  await tmux.until(/\[4 Routes\][^]*loopback-mini/);
  await take("routes", "The rules, their hits, and the chain behind the selected one");
  await tmux.keys("Escape", "q");
} finally {
  await tmux.close();
}

async function take(name: string, title: string): Promise<void> {
  const bytes = (await tmux.coloured()).trimEnd().replaceAll("\n", "\r\n");
  const path = join(root, "docs", "images", `${name}.svg`);
  await writeFile(path, await terminalSvg({ columns, rows, bytes, title }));
  process.stdout.write(`${path.slice(root.length)}\n`);
}
