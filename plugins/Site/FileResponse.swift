internal import PluginKit

/// Answers a GET or HEAD for a file that exists. For HEAD the server leaves the body out.
struct FileResponse {
    let file: SiteFile
    let cacheControl: String

    func response(to request: Request) -> Response {
        switch Preconditions.verdict(on: request.headers, file: file) {
        case .notModified: return Response(status: 304, headers: validators)
        case .failed: return ErrorEnvelope(status: 412, message: "the file has changed", requestID: request.id).response
        case .go: break
        }
        guard request.method == .get, let range = requestedRange(request.headers) else {
            return Response(headers: headers, body: file.body(offset: 0, count: file.status.size))
        }
        guard let bytes = range.resolved(size: file.status.size) else {
            var response = ErrorEnvelope(status: 416, message: "no such range", requestID: request.id).response
            response.headers.append("Content-Range", "bytes */\(file.status.size)")
            return response
        }
        var partHeaders = headers
        partHeaders.append("Content-Range", "bytes \(bytes.lowerBound)-\(bytes.upperBound - 1)/\(file.status.size)")
        let body = file.body(offset: bytes.lowerBound, count: bytes.upperBound - bytes.lowerBound)
        return Response(status: 206, headers: partHeaders, body: body)
    }

    /// The range to send, unless `If-Range` shows that the client holds part of another version.
    private func requestedRange(_ headers: HeaderFields) -> ByteRange? {
        guard let range = headers["Range"], Preconditions.allowsRange(headers, file: file) else { return nil }
        return ByteRange(range)
    }

    private var validators: HeaderFields {
        ["ETag": file.entityTag, "Last-Modified": file.lastModified, "Cache-Control": cacheControl]
    }

    private var headers: HeaderFields {
        var headers = validators
        headers.append("Content-Type", file.contentType)
        headers.append("Accept-Ranges", "bytes")
        headers.append("X-Content-Type-Options", "nosniff")
        return headers
    }
}
