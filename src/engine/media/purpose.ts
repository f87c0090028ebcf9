/** What vectors are for: five meanings that back ends have their own words for. */
export type Purpose = "query" | "document" | "classification" | "clustering" | "similarity";

const meanings: Readonly<Record<string, Purpose>> = {
  query: "query",
  search_query: "query",
  "retrieval.query": "query",
  retrieval_query: "query",
  document: "document",
  passage: "document",
  search_document: "document",
  "retrieval.passage": "document",
  retrieval_document: "document",
  classification: "classification",
  clustering: "clustering",
  separation: "clustering",
  similarity: "similarity",
  "text-matching": "similarity",
  semantic_similarity: "similarity",
};

/** Any provider's word; null where only its own provider knows what it means. */
export function purposeOf(word: string): Purpose | null {
  const key = word.toLowerCase();
  return Object.hasOwn(meanings, key) ? (meanings[key] ?? null) : null;
}
