"""moto's server with one mend. There a deletion replaces the list of messages while other threads append to it and replace it: a
message that was accepted is gone, or one that was deleted is back and cannot be deleted again. Here each waits for the others.
"""

from moto.server import main
from moto.sqs.models import Queue


def one_at_a_time(change):
    def locked(queue, *arguments):
        with queue._messages_lock:
            return change(queue, *arguments)

    return locked


Queue.add_message = one_at_a_time(Queue.add_message)
Queue.delete_message = one_at_a_time(Queue.delete_message)
main()
