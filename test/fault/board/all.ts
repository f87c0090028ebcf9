/** Every case, in the order of the scoreboard. */
import { leakedCa } from "../cases/s1-leaked-ca.ts";
import { privateAddresses } from "../cases/s7-private-addresses.ts";
import { browserOrigins } from "../cases/s8-browser-origins.ts";
import { upstreamCertificates } from "../cases/s19-upstream-certificates.ts";
import { newHosts } from "../cases/s20-new-hosts.ts";
import { smuggling } from "../cases/smuggling.ts";
import type { BoardCase } from "./case.ts";

export const boardCases: readonly BoardCase[] = [
  leakedCa,
  privateAddresses,
  browserOrigins,
  upstreamCertificates,
  newHosts,
  smuggling,
];
