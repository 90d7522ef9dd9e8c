// What scim-patch and scim2-parse-filter say: one question in JSON a line, one answer a line.
"use strict";

const readline = require("node:readline");
const { scimPatch } = require("scim-patch");
const { filter, parse } = require("scim2-parse-filter");

const answer = ({ expression, people, user, operations }) => {
  try {
    if (expression !== undefined) {
      return people.filter(filter(parse(expression))).map((one) => one.userName).sort();
    }
    return scimPatch(user, operations);
  } catch {
    return "refused";
  }
};

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  console.log(JSON.stringify(answer(JSON.parse(line))));
});
