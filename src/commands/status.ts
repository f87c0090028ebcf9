/** `switchyard status`: is a core running, where, with which certificates and rules. */
import type { CoreNotice, CoreSecrets, CoreStatus } from "../base/controls.ts";
import { findCore } from "../control/process.ts";
import { type CommandContext, noticeLine, printJson, printLines, shown } from "./context.ts";
import { exitCodes } from "./failure.ts";

export interface StatusOptions {
  readonly json: boolean;
  /** For a prompt or a status bar. */
  readonly line?: boolean;
  readonly secrets: boolean;
  /** Figures for Prometheus instead of the status. */
  readonly prometheus?: boolean;
}

/** Exit code 3 when nothing runs, with the same document shape: scripts need only one reader. */
export async function status(context: CommandContext, options: StatusOptions): Promise<number> {
  const core = await findCore(context.paths);
  if (core === null) {
    const { version } = context;
    if (options.line === true && !options.json) printLines(context.stdout, ["switchyard off"]);
    else if (options.json) printJson(context, { running: false, pid: null, port: null, url: null, ca: null, version });
    else printLines(context.stdout, ["not running", "  start one: switchyard start -d   or with a screen: switchyard"]);
    return exitCodes.notRunning;
  }
  if (options.prometheus === true) {
    context.stdout.write(await core.client.metricsText());
    return exitCodes.ok;
  }
  if (options.line === true && !options.json) {
    printLines(context.stdout, [shortLine(core.status)]);
    return exitCodes.ok;
  }
  const value = options.secrets ? await core.client.secrets() : core.status;
  if (options.json) printJson(context, value);
  else printLines(context.stdout, statusLines(value));
  return exitCodes.ok;
}

/** What needs somebody's eyes stands at the end. */
function shortLine({ host, port, counts, config }: CoreStatus): string {
  const trouble = config.error === null ? "" : "  config not valid";
  return `switchyard ${host}:${port}  ${counts.live} live  ${counts.flows} calls${trouble}`;
}

/** The rest is in `--json`. */
const shownNotices = 5;

function statusLines(value: CoreStatus & { readonly [Name in keyof CoreSecrets]?: string }): string[] {
  const { ca, config, counts } = value;
  const file = config.exists ? shown(config.path) : `${shown(config.path)} (not there: defaults)`;
  const lines = [
    `running     ${value.url}  pid ${value.pid}  since ${value.startedAt}  version ${value.version}`,
    `config      ${file}  ${config.routes} ${config.routes === 1 ? "rule" : "rules"}`,
    `flows       ${counts.flows} kept, ${counts.live} live, ${counts.tunnels} tunnels, ${counts.dropped} dropped`,
    `certificate ${ca.fingerprint}`,
    `            ${shown(ca.path)}  until ${ca.expiresAt.slice(0, 10)}  for ${ca.scope.length} hosts`,
    `proxy auth  ${value.proxyAuth}`,
  ];
  if (config.error !== null) lines.push(`config ERROR, the one before is in force: ${shown(config.error)}`);
  for (const warning of config.warnings) lines.push(`config warning: ${shown(warning)}`);
  lines.push(...noticeLines(value.notices));
  if (value.proxyToken !== undefined) lines.push(`proxy token ${value.proxyToken}`);
  if (value.clientKey !== undefined) lines.push(`client key  ${value.clientKey}`);
  if (value.adminToken !== undefined) lines.push(`admin token ${value.adminToken}`);
  return lines;
}

function noticeLines(notices: readonly CoreNotice[]): readonly string[] {
  // What the configuration has to say stands above, as it is now and not as it was at the start.
  const others = notices.filter(({ area }) => area !== "config");
  const older = others.length - shownNotices;
  return [
    ...(older > 0 ? [`${older} older ${older === 1 ? "warning" : "warnings"}: switchyard status --json`] : []),
    ...others.slice(-shownNotices).map((notice) => noticeLine(notice)),
  ];
}
