import os

from tunesmith.executors.process.messages import LineReader, parse, send


def test_messages_arrive_whole_in_whatever_pieces_they_come():
    out, into = os.pipe()
    reader = LineReader(out)
    try:
        send(into, {"step": 1})
        os.write(into, b'{"st')
        assert [parse(line) for line in reader.read()] == [{"step": 1}]
        os.write(into, b'ep": 2')
        assert reader.read() == []
        os.write(into, b"}\n\n")
        assert [parse(line) for line in reader.read()] == [{"step": 2}, {}]
    finally:
        os.close(into)
    assert reader.read() == []
    assert reader.ended
    os.close(out)


def test_what_is_no_message_is_an_empty_one():
    assert parse(b'{"resu') == parse(b"[1]") == parse(b"\xff") == {}
