import { testClient } from "../support/client-tests.ts";

testClient("qwen-code");
