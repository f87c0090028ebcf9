/** Suggestions for names in the configuration; the comparing itself is everybody's. */
export { nearest, suggestion } from "../../base/nearest.ts";
