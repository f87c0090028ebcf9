/** The configuration of someone who wrote none: listen on loopback, watch the known hosts, reroute nothing. */
import { defaultLimits } from "../../base/limits.ts";
import { builtInProviders } from "../providers/table.ts";
import type { Config } from "./schema.ts";

/** The base of the adaptive thinking budget where the file names none: what `medium` stands for. */
export const adaptiveBaseTokens = 8_192;

export const defaultConfig: Config = {
  listen: { host: "127.0.0.1", port: 8317, proxyAuth: "reroute", controlApi: false },
  intercept: { hosts: ["default"], tunnel: [] },
  upstream: {
    ca: [],
    connectTo: {},
    privateDestinations: "auto",
    // A thinking model may be silent for minutes before its first byte.
    timeouts: { connectMs: 10_000, firstByteMs: 300_000, idleMs: 300_000 },
  },
  limits: defaultLimits,
  providers: builtInProviders,
  accounts: [],
  combos: {},
  aliases: {},
  routes: [],
  oauth: {},
  prices: {},
  // A long day of one coding client is a few hundred calls of about 100 KB.
  settings: {
    usageBuffer: 2_000,
    captureFlows: 1_000,
    captureBytes: 64 * 1024 * 1024,
    thinkingBudget: { mode: "passthrough" },
    systemPrompt: { all: null, providers: {} },
    bypass: true,
    dedupe: { enabled: false, windowMs: 5_000 },
    requestLogs: false,
    extendModelLists: false,
    // The best account until it may not be asked, and a conversation stays where its prompt cache is.
    selection: { strategy: "fill-first", sticky: true, whenLimited: "queue", maxWaitMs: 10_000 },
    networkProxy: { global: null, providers: {}, combos: {}, keys: {} },
    ipFilter: { mode: "off", list: [] },
    forceModelPrefix: false,
  },
  dormant: {},
};
