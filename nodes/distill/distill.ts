import { checked } from '../shared/checked';
import { leasePool } from '../shared/pool';
import type { FlowNode, Outputs, Red, Settings } from '../shared/red';
import { text } from '../shared/settings';
import { createShell } from '../shared/shell';
import type { Context, Role } from './context';
import { memberRole } from './member';
import { roleOf } from './options';
import { studentRole } from './student';
import { teacherRole } from './teach';

const makers = { teach: teacherRole, member: memberRole, student: studentRole };
/** The fl-models that a role needs. */
const needs = { teach: ['teacher', 'student'], member: ['network', 'consensus'], student: ['student', 'consensus'] };

export = (RED: Red): void => {
  function FlDistill(this: FlowNode, settings: Settings): void {
    RED.nodes.createNode(this, settings);
    const shell = createShell(RED, this);
    const send: Context['send'] = (output, message) => {
      if (shell.closing.aborted) return;
      const outputs: Outputs = [...new Array<null>(output).fill(null), message];
      this.send(outputs as Parameters<FlowNode['send']>[0]);
    };
    const role = checked(shell, (): Role => {
      const event: Context['event'] = (payload) => send(1, { topic: 'fl/distill', payload });
      const pool = leasePool(RED, shell.closing);
      return makers[roleOf(settings)]({ RED, node: this, settings, shell, pool, send, event });
    });
    shell.onInput((msg) => role().take(msg));
    shell.onClose((removed) => role().close(removed));
    shell.whenStarted(() => {
      const missing = needs[roleOf(settings)].some((field) => text(settings, field) === '');
      if (missing) shell.status.waiting('status.noModel');
      else return role().start();
    });
  }
  RED.nodes.registerType('fl-distill', FlDistill);
};
