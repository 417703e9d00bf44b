// The player's script: of the shape in which solvers look for the transformation of an address's n.
var _yt_player = {};
(function (g) {
  // Solvers leave the first statement out.
  var window = this;
  var settings = { signatureTimestamp: 20000 };
  var digits = "0123456789abcdef";

  // The same as `solution` in challenge.py.
  function solution(challenge) {
    var solved = "";
    for (var place = 0; place < challenge.length; place++) {
      var digit = digits.indexOf(challenge[challenge.length - 1 - place]);
      solved += digits[(digit + place) % digits.length];
    }
    return solved;
  }

  function Address(text) {
    this.text = text;
    this.query = {};
  }
  Address.prototype.set = function (name, value) {
    this.query[name] = value;
  };
  Address.prototype.get = function (name) {
    return this.query[name];
  };
  // Solvers call the first method that has another name than those above.
  Address.prototype.solve = function () {
    this.query.n = solution(this.query.n);
  };

  // Solvers know this function by its first call of set, and call it with an address and the name of the signature.
  g.open = function (text, name, signature) {
    var address = new Address(text);
    address.set("alr", "yes");
    if (signature) {
      address.set(name, signature);
    }
    return address;
  };
})(_yt_player);
