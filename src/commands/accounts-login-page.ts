/**
 * `switchyard accounts login kiro --web`: a page on the core's own port, in this machine's browser. The address works once
 * and is made for whoever may open the control socket; here it is printed and opened, and the page seen to its end.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { LoginJson, LoginPageJson, NewLoginPageJson } from "../base/controls-engine.ts";
import { connectControl, type ControlClient } from "../control/client.ts";
import { type CommandContext, printLines, shown } from "./context.ts";
import { CommandFailure, exitCodes } from "./failure.ts";
import { openBrowser } from "./open-browser.ts";
import { canAsk } from "./prompt.ts";

export interface PageOptions {
  readonly interrupted: AbortSignal;
  readonly browser: boolean;
}

const pollEveryMs = 500;
/** The page looks every second and a half, less often where nobody sees it. */
const lookMs = 6_000;

/** The login that was done. @throws CommandFailure when the page ended otherwise. A core must be running. */
export async function seePageThrough(
  context: CommandContext,
  wish: NewLoginPageJson,
  { interrupted, browser }: PageOptions,
): Promise<LoginJson> {
  const core = connectControl(context.paths);
  const { id, url } = await core.openLoginPage(wish);
  try {
    printLines(context.stderr, [
      "Open this page in a browser on this machine; the address works once:",
      "",
      `  ${url}`,
      "",
    ]);
    if (browser && canAsk(context) && (await openBrowser(context, url))) {
      context.stderr.write("It opens in your browser now.\n");
    }
    context.stderr.write("Waiting for the login; Ctrl-C calls it off.\n");
    return await ended(context, core, id, interrupted);
  } catch (error) {
    await core.closeLoginPage(id).catch(() => undefined); // it may have ended by itself, or the core with it
    if (!interrupted.aborted) throw error;
    throw new CommandFailure(exitCodes.interrupted, "called off; nothing was changed");
  }
}

/** A core that runs for this command alone must not be gone before its page has said how it ended. */
async function untilShown(core: ControlClient, id: string, signal: AbortSignal): Promise<void> {
  const endsAt = performance.now() + lookMs;
  while (performance.now() < endsAt) {
    const { shown: isShown } = await core.loginPage(id);
    await delay(pollEveryMs, undefined, { signal });
    if (isShown) return;
  }
}

async function ended(
  context: CommandContext,
  core: ControlClient,
  id: string,
  signal: AbortSignal,
): Promise<LoginJson> {
  let told: string | null = null;
  for (;;) {
    const page: LoginPageJson = await core.loginPage(id);
    const { state, login, reason } = page;
    if (state === "done" && login !== null) {
      await untilShown(core, id, signal);
      return login;
    }
    if (state === "cancelled" || state === "expired") {
      throw new CommandFailure(exitCodes.account, `the login of ${shown(page.account)} did not happen`, {
        ...(reason === null ? {} : { why: shown(reason) }),
        next: "switchyard accounts login kiro --web",
      });
    }
    // The page goes on and offers to try again; whoever looks here learns of it.
    if (login !== null && login.id !== told && (login.state === "failed" || login.state === "expired")) {
      told = login.id;
      context.stderr.write(`a login ${login.state}: ${shown(login.error ?? "")}; the page offers another\n`);
    }
    await delay(pollEveryMs, undefined, { signal });
  }
}
