import { testClient } from "../support/client-tests.ts";

testClient("claude-code");
