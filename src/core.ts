/**
 * The composition root of the core process: interception, engine and control API joined on one bus. It decides nothing
 * itself; it hands each wing what it needs and says what went wrong in words a person can act on.
 */
import { join } from "node:path";
import { createBus } from "./base/bus.ts";
import { systemClock } from "./base/clock.ts";
import type { ConfigStatus, Controls, CoreNotice, OwnStatus } from "./base/controls.ts";
import type { CoreEvent, StampedEvent } from "./base/events.ts";
import type { Paths } from "./base/paths.ts";
import { systemRandom } from "./base/random.ts";
import { createRedactor } from "./base/redact.ts";
import { createFlowLog } from "./control/flow-log.ts";
import { startReadAlong } from "./control/read-along.ts";
import { createGatewayHandler } from "./control/gateway.ts";
import { createLoginPages } from "./control/login-page/pages.ts";
import { createLoginPageServer } from "./control/login-page/serve.ts";
import { createPortControl } from "./control/port-control.ts";
import { createControlServer } from "./control/server.ts";
import { startRecorder } from "./control/recording/recorder.ts";
import type { RecordingFile } from "./control/recording/recording-file.ts";
import { isLoopback } from "./engine/config/endpoint.ts";
import type { Config } from "./engine/config/schema.ts";
import { createDiscovery } from "./engine/providers/discover.ts";
import type { Availability } from "./engine/routing/availability.ts";
import { createUsageLedger } from "./engine/usage/create-ledger.ts";
import { createMetrics } from "./engine/usage/metrics.ts";
import { createEngine } from "./engine/index.ts";
import { openState } from "./engine/state/state.ts";
import { createInterceptor, type Listening } from "./intercept/index.ts";
import { availabilityOf, openAccounts } from "./core/accounts.ts";
import { openCertificates } from "./core/certificates.ts";
import { CoreError, exitCodes, listenFailure } from "./core/core-error.ts";
import { openConfigFile } from "./core/config-file.ts";
import { createFigures } from "./core/figures.ts";
import { createCounters } from "./core/metrics/counters.ts";
import { createMetricsReport } from "./core/metrics/index.ts";
import { createNotices } from "./core/notices.ts";
import { createReplays } from "./core/replay.ts";
import { createRequestLog } from "./core/request-log.ts";
import { createVerbs } from "./core/verbs/index.ts";
import { openSettings } from "./core/settings.ts";

export interface CoreOptions {
  readonly paths: Paths;
  readonly env: NodeJS.ProcessEnv;
  readonly version: string;
  /** From the command line; win over environment and file. */
  readonly overrides: { readonly host?: string; readonly port?: number };
  /** Stop when the last process that leans on this core has let go. */
  readonly untilUnused?: boolean;
  /** The calls are recorded in this file as they end; closed with the core. */
  readonly recording?: RecordingFile;
}

export interface Core {
  readonly url: string;
  readonly port: number;
  readonly stopped: Promise<void>;
  /** Warnings and errors so far, those of the start included; oldest first. */
  notices(): readonly CoreNotice[];
  /**
   * For an exception that nobody caught: told to whoever watches, and the core goes on. One call that met a fault of
   * ours must not end all the others; each has its own state.
   */
  survive(error: unknown): void;
  /** Graceful: exchanges in flight get `drainMs`, then the process may end. Calling again waits for the same end. */
  stop(): Promise<void>;
}

function isForAll(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** A model's answer may be long; a shutdown does not cut one that is nearly done. */
const drainMs = 30_000;

/** @throws CoreError (exitCode 2 configuration, 4 port in use, 5 certificates) */
export async function startCore(options: CoreOptions): Promise<Core> {
  const { paths, env, version } = options;
  const startedAt = systemClock.now();
  const redactor = createRedactor();
  const events = createBus<StampedEvent>();
  // Before anything is opened: nobody else can listen yet, and what opening meets has to reach somebody.
  const notices = createNotices(redactor);
  events.subscribe((event) => notices.hear(event));
  const bus = {
    publish: (event: CoreEvent) => events.publish({ ...event, at: systemClock.now() }),
    subscribe: (listener: (event: StampedEvent) => void) => events.subscribe(listener),
  };
  const notice = (level: "info" | "warn" | "error", area: string, text: string): void =>
    bus.publish({ type: "notice", level, area, text });

  const install = await openState(paths, systemRandom, systemClock);
  install.onTrouble((text) => notice("warn", "state", text));
  redactor.register(install.proxyToken.reveal());
  redactor.register(install.clientKey.reveal());
  redactor.register(install.adminToken.reveal());

  const settings = await openSettings({ paths, env, overrides: options.overrides, bus, redactor });
  const certificates = await openCertificates({ paths, env, scope: settings.current().scope, bus });
  const flowLog = createFlowLog({ clock: systemClock, random: systemRandom, limits: settings.current().captureLimits });

  const requestLogDir = join(paths.logsDir, "requests");
  const requestLog = createRequestLog({
    root: requestLogDir,
    isEnabled: () => settings.current().config.settings.requestLogs,
    redactor,
    onBegun: () =>
      notice("info", "request-log", `rerouted calls are being written to ${requestLogDir}, secrets masked`),
    onTrouble: (text) => notice("warn", "request-log", text),
  });

  const interceptor = createInterceptor({
    settings: () => settings.current().intercept,
    certificates: certificates.current,
    proxyToken: install.proxyToken,
    recorder: flowLog,
    bus,
    clock: systemClock,
    env,
    describeFailure: (head, error) => engine.describeFailure(head, error),
  });
  const config = (): Config => settings.current().config;
  const accounts = await openAccounts({
    paths,
    env,
    config,
    send: interceptor.send,
    state: install,
    redactor,
    clock: systemClock,
    random: systemRandom,
    notice,
  });
  const ledger = createUsageLedger({
    folder: join(paths.dataDir, "usage"),
    clock: systemClock,
    onTrouble: (text) => notice("warn", "usage", text),
  });
  const metrics = createMetrics(systemClock);
  const counters = createCounters();
  const figures = createFigures({ clock: systemClock, config, ledger, metrics, counters, quota: accounts.quota });
  flowLog.onEnded((flow) => figures.ended(flow.outcome()));
  const report = createMetricsReport({
    counters,
    pool: accounts.pool,
    counts: () => flowLog.counts(),
    usageLinesDropped: () => ledger.dropped(),
    clock: systemClock,
    startedAt,
    version,
    redactor,
  });
  const discovery = createDiscovery({ send: interceptor.send, clock: systemClock, random: systemRandom });
  const availability = (): Availability => availabilityOf(config(), accounts, discovery);
  const engine = createEngine({
    send: interceptor.send,
    clock: systemClock,
    config,
    accounts,
    availability,
    observer: figures,
    requestLog,
  });
  const configFile = openConfigFile({ path: paths.configFile, env, random: systemRandom, settings });
  const verbs = createVerbs({
    ...accounts,
    config,
    ledger,
    metrics,
    figures,
    discovery,
    availability,
    send: interceptor.send,
    clock: systemClock,
    random: systemRandom,
    editConfig: (path, value) => configFile.edit(path, value),
    editConfigList: (path, change) => configFile.editList(path, change),
    written: () => configFile.written(),
  });
  let bound: Listening | null = null;
  const onGuessing = (text: string): void => notice("warn", "control-api", text);
  const portControl = createPortControl({
    ...install,
    isOn: () => config().listen.controlApi && bound !== null && isLoopback(bound.host),
    socketPath: paths.controlSocket,
    clock: systemClock,
    onGuessing,
  });
  events.subscribe(({ type }) => {
    if (type === "config-reloaded" && !portControl.isOn()) portControl.endStreams();
  });
  const loginPages = createLoginPages({
    verbs,
    clock: systemClock,
    random: systemRandom,
    redactor,
    url() {
      if (isLoopback(listening.host)) return url;
      // Behind the address for everybody stands the loopback one as well.
      return isForAll(listening.host) ? `http://127.0.0.1:${listening.port}` : null;
    },
  });
  const gateway = createGatewayHandler({
    engine,
    verbs,
    clientKey: install.clientKey,
    redactor,
    version,
    control: portControl,
    loginPage: createLoginPageServer({ pages: loginPages, clock: systemClock, onGuessing }),
    metricsText: () => report.metricsText(),
  });
  const replays = createReplays({ flowLog, engine, redactor });
  const readAlong = startReadAlong({
    flowLog,
    wants: (head) => engine.isModelCall(head),
    observe: (head, request, reply) => engine.observe(head, request, reply),
    onRead: (record) => figures.passed(record),
    onError: (error) => notice("warn", "capture", `a reply could not be read along: ${String(error)}`),
  });

  const recorder =
    options.recording === undefined
      ? null
      : startRecorder({
          flowLog,
          redactor,
          file: options.recording,
          settled: () => readAlong.settled(),
          onTrouble: (text) => notice("warn", "recording", text),
        });

  const { listen } = settings.current().config;
  let listening: Listening;
  try {
    listening = await interceptor.listen({ host: listen.host, port: listen.port, gateway }, engine);
  } catch (error) {
    readAlong.stop();
    settings.close();
    throw listenFailure(error, listen);
  }
  bound = listening;
  const shownHost = listening.host.includes(":") ? `[${listening.host}]` : listening.host;
  const url = `http://${shownHost}:${listening.port}`;

  let markStopped = (): void => {};
  const stopped = new Promise<void>((resolve) => {
    markStopped = resolve;
  });
  let stopBegun: Promise<void> | null = null;
  const stop = (): Promise<void> => {
    stopBegun ??= (async () => {
      notice("info", "core", "stopping: what is in flight may finish");
      portControl.endStreams();
      await Promise.all([listening.close(drainMs), replays.close(drainMs)]);
      await requestLog.close();
      await readAlong.settled();
      readAlong.stop();
      await recorder?.close();
      settings.close();
      await accounts.close();
      await ledger.close();
      flowLog.flush();
      await control.close();
      flowLog.close();
      await install.close();
      markStopped();
    })();
    return stopBegun;
  };

  const controls: Controls = {
    ...report,
    status: (): OwnStatus => ({
      running: true,
      pid: process.pid,
      port: listening.port,
      host: listening.host,
      url,
      version,
      startedAt: new Date(startedAt).toISOString(),
      ca: certificates.status(),
      config: settings.status(),
      proxyAuth: settings.current().config.listen.proxyAuth,
      notices: notices.list(),
    }),
    secrets: () => install,
    routes: () =>
      settings.current().config.routes.map((route, index) => ({
        number: index + 1,
        match: route.match,
        to: route.to,
        fallback: route.fallback,
        enabled: route.enabled,
      })),
    explain: (question) => engine.explain(question),
    reload: async (): Promise<ConfigStatus> => settings.reload(),
    rotateCa: async () => {
      await certificates.rotate(settings.current().scope);
      return certificates.status();
    },
    stop: () => void stop(),
  };
  const control = await createControlServer({
    socketPath: paths.controlSocket,
    controls,
    verbs,
    flowLog,
    replays,
    events,
    redactor,
    loginPages,
    ...(options.untilUnused === true ? { onUnused: () => void stop() } : {}),
  }).catch(async (error: unknown) => {
    await listening.close(0);
    throw new CoreError(
      exitCodes.failure,
      `the control socket cannot be opened: ${error instanceof Error ? error.message : String(error)}`,
      {
        why: paths.controlSocket,
      },
    );
  });

  for (const text of settings.status().warnings) notice("warn", "config", text);
  // Last, because a screen shows the newest: what was lost matters most.
  if (install.notice !== null) notice("warn", "state", install.notice);
  bus.publish({ type: "listening", url });
  const survive = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    notice("error", "core", `a fault of Switchyard itself, please report it: ${redactor.text(text)}`);
  };
  return { url, port: listening.port, stopped, notices: () => notices.list(), stop, survive };
}
