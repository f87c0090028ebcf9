/** The part of `npm run test:clients` that `npm test` runs: 10 s to install, 10 s to run (2026-11). */
import { clientPackages } from "../support/client-list.ts";
import { testClient } from "../support/client-tests.ts";
import { mayDrive } from "../support/needs.ts";

testClient("claude-code", { brief: true, skip: !mayDrive(clientPackages["claude-code"]) });
