/** Every case, in the order of the scoreboard. */
import { bombsWire } from "../cases/bombs-wire.ts";
import { clockCase } from "../cases/clock.ts";
import { diskFullCase } from "../cases/disk-full.ts";
import { dnsCase } from "../cases/dns.ts";
import { h2Abuse } from "../cases/h2-abuse.ts";
import { hangs } from "../cases/hangs.ts";
import { killLoopCase } from "../cases/kill-loop.ts";
import { leakedCa } from "../cases/s1-leaked-ca.ts";
import { refreshCase } from "../cases/s10-refresh.ts";
import { secretCase } from "../cases/s11-secrets.ts";
import { escapeCase } from "../cases/s12-escapes.ts";
import { bombCase } from "../cases/s13-bombs.ts";
import { s14H2spec } from "../cases/s14-h2spec.ts";
import { s15SlowClients } from "../cases/s15-slow-clients.ts";
import { s16 } from "../cases/s16-soak.ts";
import { drainCase } from "../cases/s17-drain.ts";
import { machineCase } from "../cases/s18-machine.ts";
import { upstreamCertificates } from "../cases/s19-upstream-certificates.ts";
import { s2 } from "../cases/s2-cut-streams.ts";
import { newHosts } from "../cases/s20-new-hosts.ts";
import { s21 } from "../cases/s21-mixed-chaos.ts";
import { s3 } from "../cases/s3-foreign-bytes.ts";
import { s4 } from "../cases/s4-client-aborts.ts";
import { s5 } from "../cases/s5-stalled-readers.ts";
import { hostileCase } from "../cases/s6-hostile.ts";
import { privateAddresses } from "../cases/s7-private-addresses.ts";
import { browserOrigins } from "../cases/s8-browser-origins.ts";
import { storeCase } from "../cases/s9-store.ts";
import { smuggling } from "../cases/smuggling.ts";
import { splits } from "../cases/splits.ts";
import { twoCoresCase } from "../cases/two-cores.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [
  leakedCa,
  s2,
  s3,
  s4,
  s5,
  hostileCase,
  privateAddresses,
  browserOrigins,
  storeCase,
  refreshCase,
  secretCase,
  escapeCase,
  bombCase,
  s14H2spec,
  s15SlowClients,
  s16,
  drainCase,
  machineCase,
  upstreamCertificates,
  newHosts,
  s21,
  bombsWire,
  clockCase,
  diskFullCase,
  dnsCase,
  h2Abuse,
  hangs,
  killLoopCase,
  smuggling,
  splits,
  twoCoresCase,
];
