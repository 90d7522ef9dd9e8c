import com.fasterxml.jackson.jakarta.rs.json.JacksonJsonProvider;
import com.unboundid.scim2.client.ScimService;
import com.unboundid.scim2.common.exceptions.ScimException;
import com.unboundid.scim2.common.filters.Filter;
import com.unboundid.scim2.common.messages.ListResponse;
import com.unboundid.scim2.common.messages.PatchOperation;
import com.unboundid.scim2.common.messages.SortOrder;
import com.unboundid.scim2.common.types.Email;
import com.unboundid.scim2.common.types.EnterpriseUserExtension;
import com.unboundid.scim2.common.types.Name;
import com.unboundid.scim2.common.types.UserResource;
import com.unboundid.scim2.common.utils.JsonUtils;
import jakarta.ws.rs.client.ClientBuilder;
import jakarta.ws.rs.client.ClientRequestFilter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.glassfish.jersey.apache.connector.ApacheConnectorProvider;
import org.glassfish.jersey.client.ClientConfig;

/** What an administrator's tool does with UnboundID's SDK: Unbound BASE, the token in SCIM_TOKEN. */
final class Unbound {
    private static final String USERS = "Users";
    private final ScimService scim;
    private final String base;
    private UserResource ben;

    private Unbound(String base, String token) {
        this.base = base;
        var config = new ClientConfig().connectorProvider(new ApacheConnectorProvider());
        var client = ClientBuilder.newClient(config);
        client.register(new JacksonJsonProvider(JsonUtils.createObjectMapper()));
        client.register((ClientRequestFilter) request ->
            request.getHeaders().putSingle("Authorization", "Bearer " + token));
        scim = new ScimService(client.target(base));
    }

    public static void main(String[] arguments) {
        new Unbound(arguments[0], System.getenv("SCIM_TOKEN")).tell();
    }

    private void tell() {
        Steps.step("discovers", this::discovers);
        Steps.step("is refused with another token", () -> {
            var other = new Unbound(base, System.getenv("SCIM_TOKEN") + "x");
            refused(401, null, () -> other.scim.search(USERS, null, UserResource.class));
        });
        Steps.step("creates", () -> {
            var user = person("ben").setDisplayName("Ben");
            user.setExternalId("unbound-1");
            user.setExtension(new EnterpriseUserExtension().setDepartment("Cellar"));
            ben = scim.create(USERS, user);
            Steps.equal(ben.getUserName(), Steps.address("ben"));
        });
        Steps.step("reads by the location that it was told", () -> {
            var user = scim.retrieve(ben);
            Steps.equal(List.of(user.getId(), user.getExternalId(), user.getActive(), user.getDisplayName()),
                List.of(ben.getId(), "unbound-1", true, "Ben"));
            Steps.equal(addresses(user), List.of(Steps.address("ben")));
        });
        Steps.step("reads one attribute", () -> {
            var user = scim.retrieveRequest(USERS, ben.getId()).attributes("userName").invoke(UserResource.class);
            Steps.equal(user.getUserName(), Steps.address("ben"));
            Steps.equal(user.getName(), null);
        });
        Steps.step("cannot create twice", () ->
            refused(409, "uniqueness", () -> scim.create(USERS, person("BEN"))));
        Steps.step("cannot create without a user name", () ->
            refused(400, "invalidValue", () -> scim.create(USERS, new UserResource().setDisplayName("Nameless"))));
        Steps.step("finds", this::finds);
        Steps.step("is told that a filter is none", () ->
            refused(400, "invalidFilter", () -> scim.searchRequest(USERS).filter("userName eq").invoke(UserResource.class)));
        Steps.step("replaces", () -> {
            var user = read();
            user.getName().setFamilyName("Replaced");
            scim.replace(user);
            Steps.equal(read().getName().getFamilyName(), "Replaced");
            Steps.equal(read().getExternalId(), "unbound-1");
        });
        Steps.step("is refused with an old version", this::isRefusedWithAnOldVersion);
        Steps.step("is told that nothing changed", () ->
            refused(304, null, () -> scim.retrieveRequest(read()).ifNoneMatch().invoke()));
        Steps.step("deactivates and brings back", () -> {
            for (boolean active : List.of(false, true)) {
                change("active", active);
                Steps.equal(read().getActive(), active);
            }
        });
        Steps.step("changes addresses", this::changesAddresses);
        Steps.step("changes without a path", () -> {
            var value = JsonUtils.getJsonNodeFactory().objectNode();
            value.putObject("name").put("familyName", "Pathless");
            scim.modifyRequest(USERS, ben.getId())
                .addOperation(PatchOperation.replace((com.unboundid.scim2.common.Path) null, value))
                .invoke(UserResource.class);
            Steps.equal(read().getName().getFamilyName(), "Pathless");
            Steps.equal(read().getName().getGivenName(), "ben");
        });
        Steps.step("changes all or nothing", () -> {
            refused(400, "invalidValue", () -> scim.modifyRequest(USERS, ben.getId())
                .replaceValue("displayName", "Half").replaceValue("active", "perhaps").invoke(UserResource.class));
            Steps.equal(read().getDisplayName(), "Ben");
        });
        Steps.step("is told of nobody", () -> {
            refused(404, null, () -> scim.retrieve(USERS, Steps.NOBODY, UserResource.class));
            refused(404, null, () -> scim.delete(USERS, Steps.NOBODY));
            refused(404, null, () -> scim.modifyRequest(USERS, Steps.NOBODY).replaceValue("active", false).invoke(UserResource.class));
        });
        Steps.step("pages", this::pages);
        Steps.step("deletes", () -> {
            scim.delete(read());
            refused(404, null, this::read);
        });
    }

    private void discovers() throws ScimException {
        var config = scim.getServiceProviderConfig();
        Steps.equal(List.of(config.getPatch().isSupported(), config.getEtag().isSupported(), config.getSort().isSupported()),
            List.of(true, true, true));
        Steps.equal(scim.getResourceType("User").getSchema().toString(), "urn:ietf:params:scim:schemas:core:2.0:User");
        Steps.equal(scim.getSchema("urn:ietf:params:scim:schemas:core:2.0:User").getAttributes().stream()
            .filter(attribute -> attribute.getName().equals("userName")).count(), 1L);
    }

    private void finds() throws ScimException {
        var address = Steps.address("ben");
        for (var filter : List.of(
                Filter.eq("userName", address.toUpperCase()), Filter.eq("externalId", "unbound-1"), Filter.eq("id", ben.getId()),
                Filter.eq("urn:ietf:params:scim:schemas:core:2.0:User:userName", address), Filter.eq("emails.value", address),
                Filter.fromString("emails[type eq \"work\" and value eq \"" + address + "\"]"),
                Filter.and(Filter.eq("userName", address), Filter.eq("active", true)))) {
            Steps.equal(filter + " " + found(filter), filter + " " + List.of(ben.getId()));
        }
        Steps.equal(found(Filter.eq("userName", Steps.address("nobody"))), List.of());
        Steps.equal(scim.searchRequest(USERS).filter(Filter.eq("userName", address)).page(1, 9)
            .invokePost(UserResource.class).getTotalResults(), 1);
    }

    private void isRefusedWithAnOldVersion() throws ScimException {
        var old = read();
        change("displayName", "Newer");
        old.setDisplayName("Stale");
        refused(412, null, () -> scim.replaceRequest(old).ifMatch().invoke());
        refused(412, null, () -> scim.deleteRequest(old).ifMatch(old.getMeta().getVersion()).invoke());
        Steps.equal(read().getDisplayName(), "Newer");
        var user = read();
        user.setDisplayName("Ben");
        scim.replaceRequest(user).ifMatch().invoke();
        Steps.equal(read().getDisplayName(), "Ben");
    }

    private void changesAddresses() throws ScimException {
        change("emails[type eq \"work\"].value", Steps.address("office"));
        scim.modifyRequest(USERS, ben.getId())
            .addValues("emails", new Email().setValue(Steps.address("attic")).setType("home")).invoke(UserResource.class);
        Steps.equal(addresses(read()), List.of(Steps.address("office"), Steps.address("attic")));
        scim.modifyRequest(USERS, ben.getId()).removeValues("emails[type eq \"home\"]").invoke(UserResource.class);
        Steps.equal(addresses(read()), List.of(Steps.address("office")));
    }

    private void pages() throws ScimException {
        Set<String> crowd = new HashSet<>();
        for (int number = 0; number < Steps.CROWD; number++) {
            crowd.add(scim.create(USERS, person("crowd" + number)).getId());
        }
        List<String> seen = new ArrayList<>();
        for (int start = 1, total = 1; start <= total; ) {
            ListResponse<UserResource> page = scim.searchRequest(USERS).page(start, 20).invoke(UserResource.class);
            page.getResources().forEach(user -> seen.add(user.getId()));
            total = page.getTotalResults();
            start += page.getResources().size();
        }
        Steps.equal(new HashSet<>(seen).size(), seen.size());
        Steps.equal(seen.containsAll(crowd), true);
        var last = scim.searchRequest(USERS).filter("userName sw \"crowd\"")
            .sort("userName", SortOrder.DESCENDING).page(1, 1).invoke(UserResource.class);
        Steps.equal(last.getResources().get(0).getUserName(), Steps.address("crowd9"));
    }

    private UserResource read() throws ScimException {
        return scim.retrieve(USERS, ben.getId(), UserResource.class);
    }

    private void change(String path, Object value) throws ScimException {
        var request = scim.modifyRequest(USERS, ben.getId());
        (value instanceof Boolean truth ? request.replaceValue(path, truth) : request.replaceValue(path, (String) value))
            .invoke(UserResource.class);
    }

    private List<String> found(Filter filter) throws ScimException {
        List<String> found = new ArrayList<>();
        scim.search(USERS, filter.toString(), UserResource.class).forEach(user -> found.add(user.getId()));
        return found;
    }

    private static List<String> addresses(UserResource user) {
        return user.getEmails().stream().map(Email::getValue).toList();
    }

    private static UserResource person(String name) {
        return new UserResource().setUserName(Steps.address(name)).setActive(true)
            .setName(new Name().setGivenName(name).setFamilyName("Client"))
            .setEmails(new Email().setValue(Steps.address(name)).setType("work").setPrimary(true));
    }

    private static void refused(int status, String scimType, Steps.Step step) {
        try {
            step.run();
        } catch (ScimException error) {
            Steps.equal(error.getScimError().getStatus(), status);
            Steps.equal(error.getScimError().getScimType(), scimType);
            return;
        } catch (Exception error) {
            throw new AssertionError(error);
        }
        throw new AssertionError("no refusal");
    }
}
