/** What of a node's keys takes more than their declaration says. */
// As pem.ts: PEM with or without its first and last line.
const isKey = (key) =>
  /^MCowBQYDK2VwAyEA[A-Za-z0-9+/]{43}=$/.test(
    String(key)
      .replace(/-----[A-Z ]+-----/g, '')
      .replace(/\s+/g, ''),
  );

/** `wanted`: of the node, whether at least one key must be trusted. */
const keyChecks = (wanted) => ({
  publicKey: function (value) {
    return isKey(value) || this._('error.sign');
  },
  trusted: function (value) {
    const rows = Array.isArray(value) ? value : [];
    const wrong = rows.find((row) => !row || isBlank(row.client) || !isKey(row.key));
    if (wrong !== undefined) return this._('error.key', { client: wrong?.client || '?' });
    const names = rows.map((row) => String(row.client).trim());
    const twice = names.find((name, index) => names.indexOf(name) < index);
    if (twice) return this._('error.twice', { client: twice });
    return !wanted(this) || rows.length > 0 || this._('error.require');
  },
});

/** Draws the list, and makes or reads the pair. */
const openKeys = (node) => {
  const t = (...words) => node._(...words);
  const say = (text) => $('#fl-keys-note').text(text);

  const post = (data) =>
    $.ajax({
      url: 'fl-tinyml/wire/key',
      type: 'POST',
      data: JSON.stringify(data),
      contentType: 'application/json',
      dataType: 'json',
    });
  $('#fl-keys-generate').on('click', (event) => {
    event.preventDefault();
    post({})
      .done((pair) => {
        input('privateKey').val(pair.privateKey);
        input('publicKey').val(pair.publicKey).trigger('change');
        say(t('key.made'));
      })
      .fail(() => say(t('key.failed')));
  });
  input('privateKey').on('change', function () {
    const privateKey = $(this).val();
    if (!privateKey || privateKey === '__PWRD__') return;
    post({ privateKey: privateKey })
      .done((pair) => {
        input('publicKey').val(pair.publicKey).trigger('change');
        say(t('key.read'));
      })
      .fail((answer) => {
        input('publicKey').val('').trigger('change');
        say(answer.responseJSON?.error || t('key.failed'));
      });
  });

  $('#node-input-trusted-list')
    .css('min-width', '300px')
    .editableList({
      height: 160,
      removable: true,
      sortable: true,
      header: $('<div>').append(
        $('<span style="display:inline-block;width:34%">').text(t('label.client')),
        $('<span>').text(t('label.key')),
      ),
      addItem: (row, _index, data) => {
        const client = $('<input type="text" class="fl-keys-client" style="width:33%">')
          .val(data.client || '')
          .attr('placeholder', t('placeholder.client'));
        const key = $('<input type="text" class="fl-keys-public" style="width:62%;margin-left:4px">')
          .val(data.key || '')
          .attr('placeholder', t('placeholder.key'));
        const check = () =>
          key
            .toggleClass('input-error', !isKey(key.val()))
            .attr('title', isKey(key.val()) ? '' : t('error.key', { client: client.val() || '?' }));
        key.on('change keyup', check);
        row.append(client, key);
        if (data.key) check();
      },
    });
  for (const row of node.trusted || []) $('#node-input-trusted-list').editableList('addItem', row);
};

/** Reads the list back. */
const saveKeys = (node) => {
  const trusted = [];
  $('#node-input-trusted-list')
    .editableList('items')
    .each(function () {
      const client = String($(this).find('.fl-keys-client').val()).trim();
      const key = String($(this).find('.fl-keys-public').val()).trim();
      if (client || key) trusted.push({ client: client, key: key });
    });
  node.trusted = trusted;
};
