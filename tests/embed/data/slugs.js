// Prints what viewtally.js makes of each path: node slugs.js PATH/TO/viewtally.js PATHS
const fs = require("fs"), vm = require("vm");
const self = {
  document: { currentScript: { src: "http://host/viewtally.js", dataset: {} }, querySelectorAll: () => [] },
  navigator: { sendBeacon: () => true },
  location: { pathname: "/" }, addEventListener() {}, TextDecoder,
};
self.self = self;
vm.runInNewContext(fs.readFileSync(process.argv[2], "utf8"), self);
const paths = fs.readFileSync(process.argv[3], "utf8").split("\n").slice(0, -1);
console.log(paths.map(self.viewtally.slug).join("\n"));
