/**
 * Opens a page in the user's browser with the system's own opener; never through a shell, and never anything but https or
 * a page of our own on this machine.
 */
import { spawn } from "node:child_process";
import type { CommandContext } from "./context.ts";

/** Whether an opener was started; what became of it is seen on the screen. */
export async function openBrowser(context: CommandContext, page: string): Promise<boolean> {
  const url = URL.canParse(page) ? new URL(page) : null;
  const opener = openerOf(context);
  if (opener === null || url === null || !mayOpen(url)) return false;
  const [command, ...before] = opener;
  const child = spawn(command, [...before, url.href], { env: context.env, stdio: "ignore", detached: true });
  const started = await new Promise<boolean>((resolve) => {
    child.once("spawn", () => resolve(true));
    child.once("error", () => resolve(false));
  });
  child.unref();
  return started;
}

function mayOpen({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && ["127.0.0.1", "[::1]", "localhost"].includes(hostname));
}

type Opener = readonly [command: string, ...before: string[]];

/** Null: no screen to open it on, or somebody else's. */
function openerOf({ env, platform }: CommandContext): Opener | null {
  const isRemote = Boolean(env["SSH_CONNECTION"] ?? env["SSH_TTY"]);
  if (platform === "darwin") return isRemote ? null : ["open"];
  if (platform === "win32") return isRemote ? null : ["rundll32.exe", "url.dll,FileProtocolHandler"];
  // Without a display `xdg-open` starts a browser inside the terminal, on top of us.
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? ["xdg-open"] : null;
}
