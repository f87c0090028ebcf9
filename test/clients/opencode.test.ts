import { testClient } from "../support/client-tests.ts";

testClient("opencode");
