/** Of which node the dialogue is open. */
let editing = null;
const input = (name) => $(PREFIX + name);

const isBlank = (value) => value === undefined || value === null || String(value).trim() === '';
const isWhole = (value, least, most = Number.MAX_SAFE_INTEGER) =>
  !isBlank(value) && Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= most;
/** `interval` as '(0, 1]': above 0 and up to 1. */
const isWithin = (value, interval) => {
  const [, from, least, most, to] = /^([[(])(.+), (.+)([\])])$/.exec(interval);
  const number = isBlank(value) ? Number.NaN : Number(value);
  return (
    (number > Number(least) || (from === '[' && number === Number(least))) &&
    (number < Number(most) || (to === ']' && number === Number(most)))
  );
};
const listOf = (text) =>
  (Array.isArray(text) ? text : String(text || '').split(/[,;\n]/))
    .map((item) => String(item).trim())
    .filter((item) => item !== '');

/**
 * A field of a node: as it stands in the dialogue while that is open, else as it is stored. A flow made by hand, or by an older
 * version, may lack it: then it has its default.
 */
const now = (node, name) => {
  const shown = editing === node.id ? input(name) : [];
  if (shown.length > 0) return shown.is(':checkbox') ? shown.prop('checked') : shown.val();
  return node[name] === undefined ? FIELDS.find((field) => field.name === name)?.value : node[name];
};
/** "a=x,y&b!=z|c=w": a is x or y, and b is not z; or c is w. */
const holds = (condition, node) =>
  condition.split('|').some((all) =>
    all.split('&').every((part) => {
      const [, name, not, values] = /^(\w+)(!?)=(.*)$/.exec(part);
      return values.split(',').includes(String(now(node, name))) === (not === '');
    }),
  );

/** Node-RED asks this of a config node by itself only where no validator stands. */
const judgeChosen = (node, name, id) => {
  const chosen = RED.nodes.node(id);
  if (chosen && chosen.valid !== false) return true;
  return RED._(`validator.errors.${chosen ? 'invalid' : 'missing'}-config`, { prop: node._(`label.${name}`) });
};

/** A field that is not shown is never wrong. `check`: true, or what is wrong, where that takes more than a declaration says. */
const judge = ({ name, kind, type, value: initial, when, or, empty, needed, longest, whole, between, error }, check) =>
  function (given, _opt) {
    const value = given === undefined && kind !== 'own' ? initial : given;
    if (when && !holds(when, this)) return true;
    if (or && now(this, `${name}Type`) === or.type) return true;
    const isEmpty = type ? !value || value === '_ADD_' : isBlank(value);
    if (empty && isEmpty) return true;
    const fits =
      (!needed || !isEmpty) &&
      (!longest || String(value).trim().length <= longest) &&
      (!whole || isWhole(value, ...whole)) &&
      (!between || isWithin(value, between));
    if (!fits) return this._(error);
    if (type && !isEmpty) return judgeChosen(this, name, value);
    return check ? check.call(this, value) : true;
  };

/** The typed input of a field. Node-RED hides the reason that a validator gives behind it: its type has to give it too. */
const typedOf = (node, { name, kind, or }) => {
  const { validate } = node._def.defaults[name];
  const own = {
    value: kind === 'message' ? 'msg' : 'num',
    label: kind === 'message' ? 'msg.' : 'number',
    icon: kind === 'message' ? undefined : 'red/images/typedInput/09.svg',
    // ${NAME} stands for a variable of the environment, as in every field of Node-RED.
    validate: (value) => /^\$(\{\w+\}|\(\w+\))$/.test(value) || !validate || validate.call(node, value, {}),
  };
  if (!or) return { default: own.value, types: [own] };
  const other = { value: or.type, label: node._(or.label), hasValue: false };
  return {
    default: or.chosen ? or.type : own.value,
    types: or.chosen ? [other, own] : [own, other],
    typeField: `${PREFIX}${name}Type`,
  };
};

/** What the nodes on the canvas have unless they say otherwise. */
const usualPort = 'port.input';
const usual = {
  category: 'federated learning',
  color: '#9fc3bd',
  inputLabels: function () {
    return this._(usualPort);
  },
  labelStyle: function () {
    return this.name ? 'node_label_italic' : '';
  },
};

/**
 * The definition of a node type from its declared fields and what it has of its own: `checks` { field: function of the value, with
 * the node as this }; `opened`, called with the node as this when the dialogue opens; `changed`, when it opens and when a field
 * changes that decides which rows are shown, or one of `watches`; `saved` and `closed`, before the editor reads the fields.
 */
const dialogue = ({ checks = {}, watches = [], opened, changed, saved, closed, ...own }) => {
  const close = (node) => {
    closed?.call(node);
    editing = null;
  };
  const entry = (field) => {
    const { name, value, type, required, error } = field;
    const validate = error || checks[name] ? { validate: judge(field, checks[name]) } : {};
    return [name, { value, ...(type ? { type, required } : {}), ...validate }];
  };
  return {
    ...(own.category === 'config' ? {} : usual),
    ...own,
    defaults: Object.fromEntries(FIELDS.map(entry)),
    oneditprepare: function () {
      editing = this.id;
      for (const { name, kind, value, type } of FIELDS) {
        // What is a choice of 'true' and 'false' now was a box in older flows.
        if (kind === 'choice' && typeof this[name] === 'boolean') input(name).val(String(this[name]));
        if (this[name] !== undefined || type || typeof value === 'object') continue;
        if (kind === 'checkbox') input(name).prop('checked', value);
        else input(name).val(value);
      }
      for (const field of FIELDS) {
        if (field.kind === 'number' || field.kind === 'message') input(field.name).typedInput(typedOf(this, field));
      }
      opened?.call(this);
      // Another dialogue may lie open below this one.
      const conditional = input(FIELDS[0].name).closest('form').find('[data-fl-when]');
      const show = () => {
        for (const row of conditional.get()) $(row).toggle(holds($(row).attr('data-fl-when'), this));
        changed?.call(this);
      };
      const conditions = conditional.get().map((row) => $(row).attr('data-fl-when'));
      const switches = new Set(conditions.flatMap((all) => all.split(/[&|]/).map((part) => /^\w+/.exec(part)[0])));
      for (const name of switches) input(name).on('change', show);
      for (const name of watches) if (!switches.has(name)) input(name).on('change keyup', show);
      for (const { name, recheck = [] } of FIELDS) {
        for (const other of recheck) input(other).on('change', () => input(name).trigger('change.validate'));
      }
      show();
    },
    oneditsave: function () {
      saved?.call(this);
      close(this);
    },
    oneditcancel: function () {
      close(this);
    },
  };
};
